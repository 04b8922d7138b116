import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { MalformedError } from '../judging/errors.ts'
import { hexOf } from '../judging/bytes.ts'

/** Algorithms that the three manufacturers sign certificates by. */
export type SignatureAlgorithm = 'ecdsa-sha256' | 'ecdsa-sha384' | 'rsa-pss-sha384'

const pss =
  '300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130'
/**
 * The whole AlgorithmIdentifier, in each form that is in use. AMD's older certificates write the trailer field of RSA-PSS though it has
 * its default value.
 */
const identifiers: Record<string, SignatureAlgorithm> = {
  '0x300a06082a8648ce3d040302': 'ecdsa-sha256',
  '0x300a06082a8648ce3d040303': 'ecdsa-sha384',
  [`0x304106092a864886f70d01010a3034a00f${pss}`]: 'rsa-pss-sha384',
  [`0x304606092a864886f70d01010a3039a00f${pss}a303020101`]: 'rsa-pss-sha384',
}

/** Which algorithm an AlgorithmIdentifier names, parameters included; nothing if none that is in use. */
export function algorithmOf(identifier: Uint8Array): SignatureAlgorithm | undefined {
  return identifier.length < 100 ? identifiers[hexOf(identifier)] : undefined
}

/** Beginnings of the SubjectPublicKeyInfo of keys on curves, up to the uncompressed point. */
const curves = {
  'P-256': Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
  'P-384': Buffer.from('3076301006072a8648ce3d020106052b81040022036200', 'hex'),
} as const

/** Keys that sign certificates and documents. */
export type KeyKind = 'P-256' | 'P-384' | 'RSA-4096'

/**
 * Reads a public key of a certain kind.
 *
 * @param spki - SubjectPublicKeyInfo in DER. Not trusted.
 * @throws MalformedError if it is of another kind, or no point of the curve.
 */
export function publicKeyOf(spki: Uint8Array, kind: KeyKind): KeyObject {
  const fits =
    kind === 'RSA-4096'
      ? spki.length > 500 && spki.length < 600
      : Buffer.compare(spki.subarray(0, curves[kind].length), curves[kind]) === 0
  let key: KeyObject | undefined
  try {
    if (fits) key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    // No key of this kind either.
  }
  const { modulusLength, publicExponent } = key?.asymmetricKeyDetails ?? {}
  const isRsa = modulusLength === 4096 && publicExponent === 65537n
  if (!key || (kind === 'RSA-4096' && !(isRsa && key.asymmetricKeyType === 'rsa'))) {
    throw new MalformedError(`is not a key of ${kind}`)
  }
  return key
}

/** The public key at a point of P-256 or P-384, given as x ‖ y. Throws MalformedError if it is no point of the curve. */
export function publicKeyAt(point: Uint8Array, kind: 'P-256' | 'P-384'): KeyObject {
  return publicKeyOf(Buffer.concat([curves[kind], Buffer.of(4), point]), kind)
}

/** Whether a signature in DER, or of RSA, is by a key over bytes. */
export function isSignedBy(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (algorithm === 'rsa-pss-sha384') {
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }
    return verify('sha384', signed, { key, ...padding }, signature)
  }
  return verify(algorithm === 'ecdsa-sha256' ? 'sha256' : 'sha384', signed, key, signature)
}

/** Whether an ECDSA signature, given as r ‖ s, is by a key over bytes. */
export function isSignedByPoint(
  key: KeyObject,
  hash: 'sha256' | 'sha384',
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}
