import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  type Algorithm,
  authorityKeyId,
  basicConstraints,
  type CertificateSpec,
  type Extension,
  noAuthority,
  signsCertificates,
  signsData,
  subjectKeyId,
} from './certificates.ts'

/** When everything of the tests is judged: Unix seconds. */
export const judgedAt = 1_790_000_000
const day = 86_400

export const newKey = (namedCurve: 'P-256' | 'P-384'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve }).privateKey

/** A member of a chain: its common name, its private key, what differs from others. */
export type Member = {
  commonName: string
  key: KeyObject
  algorithm: Algorithm
  extensions?: readonly Extension[]
  /** Seconds before and after the time of judging. */
  valid?: readonly [number, number]
}

/** What the certificates of a chain say, the one that signs documents first, the root last. */
export function chainOf(members: readonly Member[]): CertificateSpec[] {
  return members.map((member, i) => {
    const issuer = members[i + 1] ?? member
    const publicKey = createPublicKey(member.key)
    const issuerKey = createPublicKey(issuer.key)
    const [before, after] = member.valid ?? [100 * day, 1000 * day]
    const ids = [subjectKeyId(publicKey), authorityKeyId(issuerKey)]
    const uses = i === 0 ? [noAuthority, signsData] : [basicConstraints(i - 1), signsCertificates]
    return {
      version: 3,
      serial: randomBytes(16),
      algorithm: issuer.algorithm,
      issuer: issuer.commonName,
      subject: member.commonName,
      notBefore: judgedAt - before,
      notAfter: judgedAt + after,
      publicKey,
      signer: issuer.key,
      extensions: member.extensions ?? [...uses, ...ids],
    }
  })
}

/** A chain with one certificate changed. */
export function changing(i: number, change: (spec: CertificateSpec) => Partial<CertificateSpec>) {
  return (specs: readonly CertificateSpec[]): CertificateSpec[] =>
    specs.map((spec, place) => (place === i ? { ...spec, ...change(spec) } : spec))
}
