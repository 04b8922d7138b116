import { constants, createHash, type KeyObject, sign } from 'node:crypto'
import {
  bits,
  element,
  explicit,
  integer,
  integerFrom,
  octets,
  oid,
  sequence,
  set,
  text,
  time,
  truth,
} from './der.ts'

/** Algorithms of certificates. The last one is AMD's older form, which writes a default value. */
export type Algorithm =
  'ecdsa-sha256' | 'ecdsa-sha384' | 'rsa-pss-sha384' | 'rsa-pss-sha384-trailer' | 'rsa-pkcs1-sha384'

export type Extension = { id: string; critical?: boolean; value: Uint8Array }

/** All that a certificate says, so that a test can change any of it before it is signed. */
export type CertificateSpec = {
  version: number
  serial: Uint8Array
  algorithm: Algorithm
  /** The algorithm that stands beside the signature, where it is another one. */
  outerAlgorithm?: Algorithm
  issuer: string
  subject: string
  notBefore: number
  notAfter: number
  publicKey: KeyObject
  /** Private key of the issuer. */
  signer: KeyObject
  extensions: readonly Extension[]
  /** Changes bytes once they are signed. */
  afterSigning?: (der: Buffer) => Uint8Array
}

const sha384 = '2.16.840.1.101.3.4.2.2'
const nothing = Buffer.from('0500', 'hex')
const hash = () => sequence(oid(sha384), nothing)
const pss = (...more: readonly Uint8Array[]) =>
  sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      explicit(0, hash()),
      explicit(1, sequence(oid('1.2.840.113549.1.1.8'), hash())),
      explicit(2, integer(48)),
      ...more,
    ),
  )
const identifiers: Record<Algorithm, () => Buffer> = {
  'ecdsa-sha256': () => sequence(oid('1.2.840.10045.4.3.2')),
  'ecdsa-sha384': () => sequence(oid('1.2.840.10045.4.3.3')),
  'rsa-pss-sha384': () => pss(),
  'rsa-pss-sha384-trailer': () => pss(explicit(3, integer(1))),
  'rsa-pkcs1-sha384': () => sequence(oid('1.2.840.113549.1.1.12'), nothing),
}

/** An AlgorithmIdentifier. */
export const algorithmIdentifier = (algorithm: Algorithm) => identifiers[algorithm]()

/** Signs as an authority does. */
export function signBy(algorithm: Algorithm, signed: Uint8Array, key: KeyObject): Buffer {
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }
  if (algorithm.startsWith('rsa-pss')) return sign('sha384', signed, { key, ...padding })
  return sign(algorithm === 'ecdsa-sha256' ? 'sha256' : 'sha384', signed, key)
}

/** A name of an organization and a common name. */
export function name(commonName: string): Buffer {
  const pair = (id: string, value: string) => set(sequence(oid(id), text(0x0c, value)))
  return sequence(pair('2.5.4.10', 'Assay tests'), pair('2.5.4.3', commonName))
}

export const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })

/** An id of a key, made of the key as RFC 5280 proposes. */
export const keyIdOf = (key: KeyObject) => createHash('sha1').update(spkiOf(key)).digest()

/** Writes a certificate, signed. */
export function writeCertificate(spec: CertificateSpec): Buffer {
  const identifier = identifiers[spec.algorithm]()
  const signed = sequence(
    explicit(0, integer(spec.version - 1)),
    integerFrom(spec.serial),
    identifier,
    name(spec.issuer),
    sequence(time(spec.notBefore), time(spec.notAfter)),
    name(spec.subject),
    spkiOf(spec.publicKey),
    explicit(3, sequence(...spec.extensions.map(writeExtension))),
  )
  const der = sequence(
    signed,
    identifiers[spec.outerAlgorithm ?? spec.algorithm](),
    bits(signBy(spec.algorithm, signed, spec.signer)),
  )
  return Buffer.from(spec.afterSigning?.(der) ?? der)
}

/** Writes an extension. */
export function writeExtension({ id, critical = false, value }: Extension): Buffer {
  return sequence(oid(id), ...(critical ? [truth] : []), octets(value))
}

export const basicConstraints = (pathLength?: number): Extension => ({
  id: '2.5.29.19',
  critical: true,
  value: sequence(truth, ...(pathLength === undefined ? [] : [integer(pathLength)])),
})
export const noAuthority: Extension = { id: '2.5.29.19', critical: true, value: sequence() }
/** What an authority's key may do, and what the key of a document may. */
export const signsCertificates: Extension = keyUsage(0x06, 1)
export const signsData: Extension = keyUsage(0xc0, 6)
export const subjectKeyId = (key: KeyObject): Extension => ({
  id: '2.5.29.14',
  value: octets(keyIdOf(key)),
})
export const authorityKeyId = (key: KeyObject): Extension => ({
  id: '2.5.29.35',
  value: sequence(element(0x80, keyIdOf(key))),
})

function keyUsage(byte: number, unused: number): Extension {
  return { id: '2.5.29.15', critical: true, value: bits(Buffer.of(byte), unused) }
}

/** The other extensions, and one with another value. */
export function withExtension(
  extensions: readonly Extension[],
  changed: Extension,
): readonly Extension[] {
  return [...extensions.filter(({ id }) => id !== changed.id), changed]
}

export const withoutExtension = (extensions: readonly Extension[], id: string) =>
  extensions.filter((extension) => extension.id !== id)
