import { createPublicKey, verify } from 'node:crypto'
import type { Hex } from 'viem'

/** What stands before an Ed25519 key in SubjectPublicKeyInfo (RFC 8410). */
const spkiPrefix = '302a300506032b6570032100'

/** Whether a signature is that of a key (RFC 8032). @param key - 32 bytes. */
export function isSignedByEd25519(key: Hex, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const spki = Buffer.from(`${spkiPrefix}${key.slice(2)}`, 'hex')
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return verify(null, message, publicKey, signature)
  } catch {
    return false
  }
}
