import { createPublicKey, verify } from 'node:crypto'
import type { Hex } from 'viem'

/** What stands before an Ed25519 key in SubjectPublicKeyInfo (RFC 8410). */
const spkiPrefix = '302a300506032b6570032100'

/**
 * The y of the points whose order divides 8, as keys write it (little-endian, without the sign of x), and those two of them again that can be
 * written as y + p.
 */
const smallOrder = new Set([
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

/** Whether a signature by a key says nothing: by keys of small order anybody signs anything. */
function isAnybodys(key: Hex): boolean {
  const bytes = Buffer.from(key.slice(2), 'hex')
  bytes[31]! &= 0x7f
  return smallOrder.has(bytes.toString('hex'))
}

/** Whether a signature is that of a key (RFC 8032). @param key - 32 bytes. */
export function isSignedByEd25519(key: Hex, message: Uint8Array, signature: Uint8Array): boolean {
  if (isAnybodys(key)) return false
  try {
    const spki = Buffer.from(`${spkiPrefix}${key.slice(2)}`, 'hex')
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return verify(null, message, publicKey, signature)
  } catch {
    return false
  }
}
