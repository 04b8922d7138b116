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
  ? // By way of a string: Node makes that in a third of the time that a buffer of its own takes.
    (data) => Buffer.from(native.hash('sha256', data, 'binary'), 'latin1')
  : portable

/**
 * SHA-256 into a place of a larger byte string, for many in a row.
 *
 * @param data - What is hashed.
 * @param target - Where the 32 bytes go.
 * @param offset - From which byte on.
 */
export const sha256Into: (data: Uint8Array, target: Uint8Array, offset: number) => void =
  native?.hash
    ? (data, target, offset) => {
        const hash = native.hash('sha256', data, 'binary')
        latin1Write.call(target, hash, offset, 32)
      }
    : (data, target, offset) => {
        target.set(portable(data), offset)
      }

type Latin1Write = (this: Uint8Array, text: string, offset: number, length: number) => number
/** Of Node's buffers; takes any Uint8Array. */
const latin1Write = (
  globalThis as unknown as { Buffer?: { prototype: { latin1Write: Latin1Write } } }
).Buffer?.prototype.latin1Write as Latin1Write

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
 * @returns Gives 32 bytes.
 */
export function hmacSha256(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  if (!native?.hash) return (message) => hmac(portable, key, message)
  // RFC 2104, section 2: H(K xor opad ‖ H(K xor ipad ‖ message)), the key filled with zeros to a block of 64 bytes.
  const outer = new Uint8Array(96).fill(0x5c, 0, 64)
  const innerPad = new Uint8Array(64).fill(0x36)
  for (const [i, byte] of key.entries()) {
    outer[i] = byte ^ 0x5c
    innerPad[i] = byte ^ 0x36
  }
  return (message) => {
    const inner = new Uint8Array(64 + message.length)
    inner.set(innerPad)
    inner.set(message, 64)
    sha256Into(inner, outer, 64)
    return sha256(outer)
  }
}
