import { portable } from '#portable-sha256'
import { bytesToHex } from '../formats/bytes.ts'
import { builtin } from './node.ts'

/** SHA-256 computed piece by piece. */
export type Sha256 = {
  update(data: Uint8Array): void
  /** The digest, 32 bytes. Ends the computation. */
  digest(): Uint8Array
}

const native = builtin('node:crypto') as typeof import('node:crypto') | undefined
/** Of Node's buffers; takes any Uint8Array. */
const buffer = (builtin('node:buffer') as typeof import('node:buffer') | undefined)?.Buffer
  .prototype as unknown as
  | { latin1Write(this: Uint8Array, text: string, offset: number, length: number): number }
  | undefined

/**
 * SHA-256 (FIPS 180-4) into a place of a larger byte string: the runtime's own where there is one, a portable one in a browser.
 *
 * @param data - What is hashed.
 * @param target - Where the 32 bytes go.
 * @param offset - From which byte on.
 */
export const sha256Into: (data: Uint8Array, target: Uint8Array, offset: number) => void =
  native?.hash && buffer
    ? // By way of a string: Node makes that in a third of the time that a buffer takes.
      (data, target, offset) =>
        void buffer.latin1Write.call(target, native.hash('sha256', data, 'binary'), offset, 32)
    : (data, target, offset) => {
        target.set(portable(data), offset)
      }

/**
 * SHA-256 (FIPS 180-4).
 *
 * @returns 32 bytes.
 */
export function sha256(data: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32)
  sha256Into(data, digest, 0)
  return digest
}

/**
 * SHA-256 (FIPS 180-4), in hex.
 *
 * @returns 0x and 64 lower-case digits.
 */
export const sha256Hex: (data: Uint8Array) => `0x${string}` = native?.hash
  ? (data) => `0x${native.hash('sha256', data, 'hex')}`
  : (data) => bytesToHex(portable(data))

const encoder = new TextEncoder()

/**
 * SHA-256 (FIPS 180-4) of the UTF-8 bytes of a text.
 *
 * @returns 32 bytes.
 */
export const sha256Text: (text: string) => Uint8Array =
  native?.hash && buffer
    ? // Spares the copy as bytes.
      (text) => {
        const digest = new Uint8Array(32)
        buffer.latin1Write.call(digest, native.hash('sha256', text, 'binary'), 0, 32)
        return digest
      }
    : (text) => sha256(encoder.encode(text))

/** Begins a SHA-256 over data that comes in pieces. */
export function createSha256(): Sha256 {
  if (!native) return portable.create()
  const hash = native.createHash('sha256')
  return { update: (data) => void hash.update(data), digest: () => hash.digest() }
}

/**
 * HMAC-SHA-256 (RFC 2104) under one key, for many messages.
 *
 * @param key - At most 64 bytes.
 * @returns Writes the 32 bytes of a message at a place of a larger byte string.
 */
export function hmacSha256(
  key: Uint8Array,
): (message: Uint8Array, target: Uint8Array, offset: number) => void {
  // RFC 2104, section 2: H(K xor opad ‖ H(K xor ipad ‖ message)), the key filled with zeros to a block of 64 bytes.
  const outer = new Uint8Array(96).fill(0x5c, 0, 64)
  let inner = new Uint8Array(64).fill(0x36)
  for (const [i, byte] of key.entries()) {
    outer[i] = byte ^ 0x5c
    inner[i] = byte ^ 0x36
  }
  return (message, target, offset) => {
    if (inner.length !== 64 + message.length) {
      const longer = new Uint8Array(64 + message.length)
      longer.set(inner.subarray(0, 64))
      inner = longer
    }
    inner.set(message, 64)
    sha256Into(inner, outer, 64)
    sha256Into(outer, target, offset)
  }
}
