import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as portable } from '@noble/hashes/sha2.js'
import { builtin } from './node.ts'

/** SHA-256 computed piece by piece. */
export type Sha256 = {
  update(data: Uint8Array): void
  /** The digest, 32 bytes. Ends the computation. */
  digest(): Uint8Array
}

const native = builtin('node:crypto') as typeof import('node:crypto') | undefined

/**
 * SHA-256 (FIPS 180-4): the runtime's own where there is one, a portable one in a browser.
 *
 * @returns 32 bytes.
 */
export const sha256: (data: Uint8Array) => Uint8Array = native?.hash
  ? (data) => native.hash('sha256', data, 'buffer')
  : portable

/** Begins a SHA-256 over data that comes in pieces. */
export function createSha256(): Sha256 {
  if (!native) return portable.create()
  const hash = native.createHash('sha256')
  return { update: (data) => void hash.update(data), digest: () => hash.digest() }
}

/**
 * HMAC-SHA-256 (RFC 2104).
 *
 * @returns 32 bytes.
 */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return native ? native.createHmac('sha256', key).update(data).digest() : hmac(portable, key, data)
}
