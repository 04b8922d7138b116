import { type KeyObject, verify } from 'node:crypto'
import type { ReadBundle } from './read-bundle.ts'
import { InvalidSignatureInputError, ModelSignatureError } from './signature-error.ts'

/** The hash that goes with a curve, as the OpenSSF's tool has it. */
const hashes: Record<string, string> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}

/** @throws InvalidSignatureInputError for a key that is not of P-256, P-384 or P-521. */
export function checkKey(key: KeyObject): void {
  if (hashOf(key) === undefined) {
    throw new InvalidSignatureInputError('The key is not of the curves P-256, P-384 or P-521')
  }
}

/**
 * Checks the one signature of an envelope.
 *
 * @see https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md
 * @throws ModelSignatureError
 */
export function checkEnvelope({ payloadType, payload, signature }: ReadBundle, key: KeyObject) {
  const type = Buffer.from(payloadType)
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `
  if (!verify(hashOf(key), Buffer.concat([Buffer.from(head), payload]), key, signature)) {
    throw new ModelSignatureError('bad-signature', 'is not of these bytes, or not by this key')
  }
}

function hashOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const { namedCurve = '' } = asymmetricKeyDetails ?? {}
  return asymmetricKeyType === 'ec' ? hashes[namedCurve] : undefined
}
