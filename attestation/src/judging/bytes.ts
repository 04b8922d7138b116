import { createHash } from 'node:crypto'
import type { Hex } from 'viem'

/** Bytes as hex, lower case. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
}

/** SHA-256 in hex. */
export function sha256Hex(bytes: Uint8Array): Hex {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}

/** Bytes of a text in base64 (RFC 4648, section 4), in its one encoding; nothing if it is none. */
export function base64Bytes(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/**
 * Whether a text is one of Unicode, without half of a surrogate pair: in UTF-8 such a half has the same bytes as U+FFFD, so that what is
 * signed or measured of one text would be of another one too.
 */
export function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** Whether two byte strings are the same. Not for secrets. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
