import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { checkEnvelope, checkKey } from './dsse.ts'
import type { ReadBundle } from './read-bundle.ts'
import { InvalidSignatureInputError, ModelSignatureError } from './signature-error.ts'

/** Checks a signature by a key that is known otherwise. @throws ModelSignatureError, InvalidSignatureInputError */
export function checkByKey(bundle: ReadBundle, pem: string): void {
  const key = keyFrom(pem)
  checkKey(key)
  const { signedBy } = bundle
  if (signedBy.kind !== 'key') {
    throw new ModelSignatureError('other-kind', 'was made with a certificate, not with a mere key')
  }
  const { hint } = signedBy
  const digest = createHash('sha256').update(key.export({ type: 'spki', format: 'pem' }))
  if (hint !== undefined && hint !== digest.digest('hex')) {
    throw new ModelSignatureError('other-key', 'says that it is by another key than this one')
  }
  checkEnvelope(bundle, key)
}

function keyFrom(pem: string): KeyObject {
  // Of a private key the public one would be made, and a mistake would go unnoticed.
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    throw new InvalidSignatureInputError('The key is no public key in PEM')
  }
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new InvalidSignatureInputError('The key is no public key in PEM', { cause })
  }
}
