import type { Hex } from 'viem'
import { sha256 } from '../crypto/sha256.ts'
import { InvalidBatchDataError, InvalidInputError } from '../errors/input.ts'
import { bytesToHex } from '../formats/bytes.ts'

/**
 * A digest as it stands in names and paths: 64 lower-case hex digits, and nothing that a path could obey.
 *
 * @throws InvalidInputError if it is no SHA-256 as hex.
 */
export function digestName(dataDigest: Hex): string {
  if (typeof dataDigest !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(dataDigest)) {
    throw new InvalidInputError('data digest', '', 'must be 0x and 64 hex digits')
  }
  return dataDigest.slice(2).toLowerCase()
}

/** Whether bytes have a digest, given by its name. */
export function hasDigest(bytes: Uint8Array, name: string): boolean {
  return bytesToHex(sha256(bytes)) === `0x${name}`
}

/**
 * The name of data that is about to be kept. Checked, so that no store holds anything under another one's name.
 *
 * @throws InvalidBatchDataError if the digest is another one; InvalidInputError if it is none.
 */
export function nameOfData(data: Uint8Array, dataDigest: Hex): string {
  const name = digestName(dataDigest)
  if (!hasDigest(data, name)) {
    throw new InvalidBatchDataError(`has another digest than ${dataDigest}`)
  }
  return name
}

/** The 32 bytes of a digest, given by its name. */
export function digestBytes(name: string): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) =>
    Number.parseInt(name.slice(2 * i, 2 * i + 2), 16),
  )
}

/** A digest, given by its name, in base64. */
export function digestBase64(name: string): string {
  return btoa(String.fromCharCode(...digestBytes(name)))
}
