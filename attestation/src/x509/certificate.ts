import { same } from '../judging/bytes.ts'
import { MalformedError } from '../judging/errors.ts'
import { algorithmOf, type SignatureAlgorithm } from './algorithms.ts'
import { contentOf, type Der, readDer, readElements, sequenceOf, tags } from './der.ts'
import { type Extensions, readExtensions } from './extensions.ts'
import { bitStringBytes, integerBytes, oidOf, smallInteger, timeOf } from './values.ts'

/** An X.509 certificate, read and not believed. Byte strings are in DER. */
export type Certificate = {
  whole: Uint8Array
  /** What is signed. */
  signed: Uint8Array
  serial: Uint8Array
  issuer: Uint8Array
  subject: Uint8Array
  /** The subject's common name, for people; empty if it has none. */
  commonName: string
  /** Unix seconds, both included. */
  notBefore: number
  notAfter: number
  /** SubjectPublicKeyInfo. */
  publicKey: Uint8Array
  extensions: Extensions
  /** Nothing if it is none that is in use. */
  algorithm: SignatureAlgorithm | undefined
  signature: Uint8Array
}

/** Largest certificate that is looked at, in bytes: twice the largest of the three manufacturers. */
export const maxCertificateBytes = 4096

/**
 * Reads a certificate of version 3 in its one encoding (DER).
 *
 * @throws MalformedError
 */
export function readCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > maxCertificateBytes) throw new MalformedError('is too large')
  const [signed, algorithm, signature, ...more] = sequenceOf(readDer(bytes))
  const [version, serial, inner, issuer, validity, subject, publicKey, extensions, ...others] =
    sequenceOf(signed)
  if (more.length || others.length) throw new MalformedError('has more members than it may have')
  if (smallInteger(readDer(contentOf(version, 0xa0))) !== 2) {
    throw new MalformedError('is not of version 3')
  }
  if (!same(contentAsSequence(inner), contentAsSequence(algorithm))) {
    throw new MalformedError('names two algorithms')
  }
  const [notBefore, notAfter, ...times] = sequenceOf(validity)
  if (times.length) throw new MalformedError('has more than two times')
  return {
    whole: bytes,
    signed: (signed as Der).whole,
    serial: serialOf(serial),
    issuer: contentAsSequence(issuer),
    subject: contentAsSequence(subject),
    commonName: commonNameOf(subject),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    publicKey: contentAsSequence(publicKey),
    extensions: readExtensions(extensions && readDer(contentOf(extensions, 0xa3))),
    algorithm: algorithmOf((algorithm as Der).whole),
    signature: bitStringBytes(signature),
  }
}

/** The bytes of a serial number, of 20 at most. */
export function serialOf(element: Der | undefined): Uint8Array {
  const serial = integerBytes(element)
  if (serial.length > 21) throw new MalformedError('has an excessive serial number')
  return serial
}

/** The whole element, of which nothing is asked but that it is a sequence. */
function contentAsSequence(element: Der | undefined): Uint8Array {
  contentOf(element, tags.sequence)
  return (element as Der).whole
}

function commonNameOf(name: Der | undefined): string {
  for (const set of sequenceOf(name)) {
    for (const pair of readElements(contentOf(set, tags.set))) {
      const [type, value] = sequenceOf(pair)
      if (oidOf(type) === '2.5.4.3' && value) return Buffer.from(value.content).toString('utf8')
    }
  }
  return ''
}
