import {
  type Certificate,
  certificateFrom,
  certificatesFrom,
  flawOf,
  mayIssue,
  maySign,
} from './certificate.ts'
import { checkEnvelope, checkKey } from './dsse.ts'
import type { ReadBundle } from './read-bundle.ts'
import { InvalidSignatureInputError, ModelSignatureError } from './signature-error.ts'

/** Certificates between the one that signed and a trusted one. */
const maxIntermediates = 8

/**
 * Checks a signature by the certificate that it carries, which has to lead to one that is trusted.
 *
 * Nothing says when it was signed, so that each certificate has to be valid now. (The OpenSSF's tool takes the time at which the
 * first one began to be valid, and so takes certificates that ended long ago.)
 *
 * @param trustedPem - Certificates that are trusted to issue, in PEM.
 * @param now - In ms since 1970.
 * @returns Whom the certificate names.
 * @throws ModelSignatureError, InvalidSignatureInputError
 */
export function checkByCertificates(bundle: ReadBundle, trustedPem: string, now: number): string {
  const trusted = certificatesFrom(trustedPem)
  const { signedBy } = bundle
  if (signedBy.kind !== 'certificates') {
    throw new ModelSignatureError('other-kind', 'carries no chain of certificates')
  }
  const [leaf, ...others] = signedBy.chain.map(certificateFrom)
  if (!leaf) throw new InvalidSignatureInputError('The bundle has no certificate')
  const path = pathTo(trusted, [leaf], new Set(others))
  if (!path) {
    throw new ModelSignatureError(
      'untrusted',
      'was made with a certificate that leads to no trusted one',
      {
        metaMessages: [`Certificate: ${leaf.x509.subject}`, `Issuer: ${leaf.x509.issuer}`],
      },
    )
  }
  for (const certificate of path) checkCertificate(certificate, now)
  if (!maySign(leaf)) throw bad('is not for signing', leaf)
  checkKey(leaf.x509.publicKey)
  checkEnvelope(bundle, leaf.x509.publicKey)
  return leaf.x509.subject
}

/** The certificates from the first one to a trusted one. None is tried twice, however many claim to have issued each other. */
function pathTo(
  trusted: readonly Certificate[],
  path: readonly Certificate[],
  untried: Set<Certificate>,
): Certificate[] | undefined {
  const last = path.at(-1)!
  const issues = (issuer: Certificate) =>
    mayIssue(issuer, path.length - 1) &&
    last.x509.checkIssued(issuer.x509) &&
    last.x509.verify(issuer.x509.publicKey)
  const anchor = trusted.find(issues)
  if (anchor) return [...path, anchor]
  if (path.length > maxIntermediates) return undefined
  for (const other of untried) {
    if (!issues(other)) continue
    untried.delete(other)
    const found = pathTo(trusted, [...path, other], untried)
    if (found) return found
  }
  return undefined
}

function checkCertificate(certificate: Certificate, now: number): void {
  const { notBefore, notAfter } = certificate.parsed
  if (now > notAfter.getTime()) {
    throw new ModelSignatureError(
      'expired',
      'was made with a certificate that is no longer valid',
      {
        metaMessages: [
          `Certificate: ${certificate.x509.subject}, until ${notAfter.toISOString()}`,
          'No timestamp shows that it signed before that. Have the model signed anew.',
        ],
      },
    )
  }
  if (now < notBefore.getTime()) throw bad('is not valid yet', certificate)
  const flaw = flawOf(certificate)
  if (flaw) throw bad(flaw, certificate)
}

const bad = (problem: string, { x509 }: Certificate) =>
  new ModelSignatureError('bad-certificate', `rests on a certificate that ${problem}`, {
    metaMessages: [`Certificate: ${x509.subject}`],
  })
