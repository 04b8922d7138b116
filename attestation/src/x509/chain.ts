import type { KeyObject } from 'node:crypto'
import type { Hex } from 'viem'
import { same, sha256Hex } from '../judging/bytes.ts'
import { demand, readAs, refuse } from '../judging/judge.ts'
import { shownTime } from '../judging/moment.ts'
import { isSignedBy, type KeyKind, publicKeyOf, type SignatureAlgorithm } from './algorithms.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import {
  authorityKeyIdOf,
  basicConstraintsOf,
  extensionIds,
  keyUsageOf,
  subjectKeyIdOf,
} from './extensions.ts'

/** What a manufacturer's chains are like. */
export type ChainProfile = {
  /** What the certificates are of, for errors, such as `PCK`. */
  name: string
  algorithm: SignatureAlgorithm
  /** Of the authorities' keys. */
  authorityKey: KeyKind
  /** How many certificates there are at least, with the root. */
  minLength: number
  /** How many there are at most. */
  maxLength: number
  /** Whether the first certificate may leave open what its key is for. */
  leafUsage: 'stated' | 'may be open'
  /** Critical extensions of the first certificate that the caller reads. */
  leafExtensions?: readonly string[]
}

/** Reads the certificates of a chain, the one that signed first, the root last. */
export function readChain(
  ders: readonly Uint8Array[],
  { name, minLength, maxLength }: ChainProfile,
): Certificate[] {
  demand(
    ders.length >= minLength && ders.length <= maxLength,
    'certificateForm',
    `its chain of ${name} has ${ders.length} certificates, not ${minLength} to ${maxLength}`,
  )
  return ders.map((der, i) => readAs('certificateForm', shown(name, i), () => readCertificate(der)))
}

/**
 * Checks a chain by the rules for chains (RFC 5280, section 6, so far as the manufacturers use it), for a time.
 *
 * Names and constraints come first: they cost nothing, and most of what is broken breaks there.
 *
 * @param chain - The one that signed first, the root last.
 * @param at - Unix seconds.
 * @returns the digest of the root, and the keys of the authorities.
 */
export function checkChain(
  chain: readonly Certificate[],
  profile: ChainProfile,
  { at, pins }: { at: number; pins: readonly Hex[] },
): { root: Hex; authorityKeys: KeyObject[] } {
  const root = sha256Hex((chain.at(-1) as Certificate).whole)
  for (const [i, certificate] of chain.entries()) {
    checkAlone(certificate, i, profile)
    const issuer = chain[i + 1]
    if (issuer) checkNames(certificate, issuer, shown(profile.name, i))
  }
  for (const [i, { notBefore, notAfter }] of chain.entries()) {
    demand(
      notBefore <= at && at <= notAfter,
      'certificateValidity',
      `at ${shownTime(at)} ${shown(profile.name, i)} is not valid: it is from ${shownTime(notBefore)} to ${shownTime(notAfter)}`,
      { raise: 'Judge it at the time when it was used, such as that of its registration.' },
    )
  }
  demand(pins.includes(root), 'root', `its chain of ${profile.name} leads to ${root}`, {
    raise: 'Pin that root certificate only if you know whose it is.',
  })
  const authorityKeys = chain.slice(1).map(({ publicKey }, i) => {
    const what = `the key of ${shown(profile.name, i + 1)}`
    return readAs('certificateAlgorithm', what, () => publicKeyOf(publicKey, profile.authorityKey))
  })
  // The root is pinned: whom it is signed by says nothing.
  for (const [i, key] of authorityKeys.entries()) {
    const { signed, signature } = chain[i] as Certificate
    if (!isSignedBy(key, profile.algorithm, signed, signature)) {
      refuse('certificateSignature', `${shown(profile.name, i)} is not signed by the next one`)
    }
  }
  return { root, authorityKeys }
}

function checkAlone(certificate: Certificate, i: number, profile: ChainProfile): void {
  const what = shown(profile.name, i)
  const { extensions, algorithm } = certificate
  demand(
    algorithm === profile.algorithm,
    'certificateAlgorithm',
    `${what} is not signed by ${profile.algorithm}`,
  )
  const known: string[] = [extensionIds.keyUsage, extensionIds.basicConstraints]
  if (i === 0) known.push(...(profile.leafExtensions ?? []))
  for (const [oid, { critical }] of extensions) {
    demand(
      !critical || known.includes(oid),
      'certificateExtensions',
      `${what} has the critical extension ${oid}, which is unknown`,
    )
  }
  const constraints = readAs('certificateAuthority', what, () => basicConstraintsOf(extensions))
  const usage = readAs('keyUsage', what, () => keyUsageOf(extensions))
  if (i === 0) {
    demand(!constraints.authority, 'certificateAuthority', `${what} is that of an authority`)
    const stated = usage?.digitalSignature ?? profile.leafUsage === 'may be open'
    demand(stated, 'keyUsage', `${what} does not let its key sign`)
    return
  }
  demand(
    constraints.authority && constraints.critical,
    'certificateAuthority',
    `${what} is not that of an authority`,
  )
  demand(
    i - 1 <= constraints.pathLength,
    'pathLength',
    `${what} may have ${constraints.pathLength} authorities below it, not ${i - 1}`,
  )
  demand(
    usage?.certificateSign === true,
    'keyUsage',
    `${what} does not let its key sign certificates`,
  )
}

function checkNames(certificate: Certificate, issuer: Certificate, what: string): void {
  demand(
    same(certificate.issuer, issuer.subject),
    'certificateNames',
    `${what} names another issuer than the next one`,
  )
  const named = readAs('certificateNames', what, () => authorityKeyIdOf(certificate.extensions))
  const own = readAs('certificateNames', what, () => subjectKeyIdOf(issuer.extensions))
  demand(
    !named || !own || same(named, own),
    'certificateNames',
    `${what} names another key than that of the next one`,
  )
}

function shown(name: string, i: number): string {
  return `certificate ${i + 1} of the chain of ${name}`
}
