import { X509Certificate } from 'node:crypto'
import { X509Certificate as ParsedCertificate } from '@sigstore/core'
import { InvalidSignatureInputError } from './signature-error.ts'

/** A certificate, for its signature and for what it says. */
export type Certificate = { x509: X509Certificate; parsed: ParsedCertificate }

/** Extensions that are looked at, or that restrict nothing here. */
const knownExtensions = new Set([
  '2.5.29.14',
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.35',
  '2.5.29.37',
])
const codeSigning = '1.3.6.1.5.5.7.3.3'

/** Reads a certificate in DER. @throws InvalidSignatureInputError */
export function certificateFrom(der: Buffer): Certificate {
  try {
    const x509 = new X509Certificate(der)
    // One certificate has one encoding: what is signed within says nothing of the bytes around it.
    if (x509.raw.equals(der)) return { x509, parsed: ParsedCertificate.parse(Buffer.from(der)) }
  } catch (cause) {
    throw new InvalidSignatureInputError('A certificate is none of X.509', { cause })
  }
  throw new InvalidSignatureInputError('A certificate is more than one of X.509')
}

/** Reads certificates that stand one after the other in PEM. @throws InvalidSignatureInputError */
export function certificatesFrom(pem: string): Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new InvalidSignatureInputError('There is no certificate in PEM')
  return blocks.map((block) =>
    certificateFrom(Buffer.from(block.replaceAll(/-----[^-]*-----|\s/g, ''), 'base64')),
  )
}

/** Why a certificate can't be relied on, whoever issued it. */
export function flawOf({ parsed }: Certificate): string | undefined {
  // It knows ECDSA and RSA with SHA-2, and calls nothing else by a name.
  if ((parsed.signatureAlgorithm as string | undefined) === undefined) {
    return 'is signed in a way that is not sound'
  }
  for (const extension of parsed.extensions) {
    const [oid, critical] = extension.subs
    const isCritical = extension.subs.length === 3 && critical?.toBoolean() === true
    if (isCritical && !knownExtensions.has(oid?.toOID() ?? '')) {
      return 'restricts itself in a way that is not known'
    }
  }
  return undefined
}

/** Whether a certificate may be used to sign models. */
export function maySign({ x509, parsed }: Certificate): boolean {
  return parsed.extKeyUsage?.digitalSignature === true || hasCodeSigning(x509)
}

/** Whether a certificate may issue others, of which some are below each other already. */
export function mayIssue({ x509, parsed }: Certificate, issuersBelow: number): boolean {
  const { extKeyUsage: usage, extBasicConstraints: constraints } = parsed
  const length = constraints?.pathLenConstraint
  return (
    x509.ca &&
    (usage === undefined || usage.keyCertSign) &&
    (length === undefined || issuersBelow <= Number(length))
  )
}

// What Node names keyUsage is the extended key usage.
const hasCodeSigning = ({ keyUsage }: X509Certificate) =>
  (keyUsage as string[] | undefined)?.includes(codeSigning) === true
