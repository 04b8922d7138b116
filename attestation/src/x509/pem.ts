import { MalformedError } from '../judging/errors.ts'

const label = 'CERTIFICATE'

/**
 * Certificates in PEM (RFC 7468), in the one form that manufacturers write: lines of 64 characters, each with its end, nothing between
 * certificates.
 *
 * @throws MalformedError
 */
export function certificatesInPem(text: string): Uint8Array[] {
  const begin = `-----BEGIN ${label}-----`
  const ders = text
    .split(begin)
    .slice(1)
    .map((part) => Buffer.from(part.slice(0, part.indexOf('-----')).replaceAll('\n', ''), 'base64'))
  if (!ders.length || ders.map(inPem).join('') !== text) {
    throw new MalformedError('is not a list of certificates in PEM of the usual form')
  }
  return ders
}

/** A certificate in PEM. */
export function inPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
