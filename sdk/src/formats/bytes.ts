import type * as NodeBuffer from 'node:buffer'
import { type Hex, hexToBytes, toHex } from 'viem'
import { builtin } from '../crypto/node.ts'

const encoder = new TextEncoder()

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** A 64-bit number as 8 big-endian bytes. */
export function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

/** A 32-bit number as 4 big-endian bytes. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Byte strings one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Whether two byte strings are the same. Not for secrets: the time taken tells where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/**
 * Node's own conversions, which take any Uint8Array and a tenth of the time: hex is made and read several times an inference.
 */
const native = (builtin('node:buffer') as typeof NodeBuffer | undefined)?.Buffer
  .prototype as unknown as
  | {
      hexSlice(this: Uint8Array, start: number, end: number): string
      hexWrite(this: Uint8Array, hex: string, offset: number, length: number): number
    }
  | undefined

/** Bytes as hex, lower case. */
export const bytesToHex: (bytes: Uint8Array) => Hex = native
  ? (bytes) => `0x${native.hexSlice.call(bytes, 0, bytes.length)}`
  : toHex

/**
 * A value given as hex or bytes, as bytes.
 *
 * @throws viem's error if it is no hex.
 */
export function toBytes(value: Hex | Uint8Array): Uint8Array {
  if (typeof value !== 'string') return value
  if (native && value.length % 2 === 0 && value.startsWith('0x')) {
    const bytes = new Uint8Array(value.length / 2 - 1)
    // It stops at the first character that is no digit.
    if (native.hexWrite.call(bytes, value.slice(2), 0, bytes.length) === bytes.length) return bytes
  }
  return hexToBytes(value)
}

/**
 * Writes bytes given as hex into a place of a larger byte string.
 *
 * @throws viem's error if it is no hex; RangeError if there is no room.
 */
export function writeHex(hex: Hex, target: Uint8Array, offset: number): void {
  const length = hex.length / 2 - 1
  const written = native?.hexWrite.call(target, hex.slice(2), offset, length)
  if (written !== length) target.set(hexToBytes(hex), offset)
}
