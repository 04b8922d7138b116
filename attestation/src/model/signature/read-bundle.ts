import { isWithinExtent } from '../../json-extent.ts'
import { InvalidSignatureInputError } from './signature-error.ts'

/** A Sigstore bundle over a DSSE envelope, before anything of it is checked. */
export type ReadBundle = {
  /** All of it, for who reads more. */
  json: Record<string, unknown>
  payloadType: string
  payload: Buffer
  signature: Buffer
  signedBy:
    | { kind: 'key'; hint: string | undefined }
    | { kind: 'certificates'; chain: Buffer[] }
    | { kind: 'sigstore'; certificate: Buffer }
}

/** Of a bundle, in characters: 100,000 files take about 30 million. */
export const maxBundleLength = 2 ** 27
const maxCertificates = 16
/** Proofs of the log are the deepest; what is signed is one text. */
const extent = { maxDepth: 16, maxParts: 100_000 }

/** Reads a bundle. @throws InvalidSignatureInputError */
export function readBundle(text: string): ReadBundle {
  if (text.length > maxBundleLength) throw malformed('is too large')
  if (!isWithinExtent(text, extent)) throw malformed('has too many parts')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw malformed('is no JSON', cause)
  }
  if (!isRecord(json)) throw malformed('is no object')
  const { mediaType, dsseEnvelope, verificationMaterial, messageSignature } = json
  if (
    typeof mediaType !== 'string' ||
    !/^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.[1-3]\+json|\+json;version=0\.[1-3])$/.test(
      mediaType,
    )
  ) {
    throw malformed('is no Sigstore bundle of a version up to 0.3')
  }
  if (!isRecord(dsseEnvelope) || !isRecord(verificationMaterial)) {
    throw malformed('has no DSSE envelope, or nothing to check it by')
  }
  // Of two contents one reader would check the one, and another the other.
  if (messageSignature !== undefined) throw malformed('signs a message beside its envelope')
  const { payloadType, payload, signatures } = dsseEnvelope
  if (typeof payloadType !== 'string') throw malformed('has no type of its payload')
  // More than one could be checked in part only.
  if (!Array.isArray(signatures) || signatures.length !== 1 || !isRecord(signatures[0])) {
    throw malformed('has not exactly one signature')
  }
  return {
    json,
    payloadType,
    payload: bytesOf(payload, 'payload'),
    signature: bytesOf(signatures[0].sig, 'signature'),
    signedBy: signedByOf(verificationMaterial),
  }
}

function signedByOf(material: Record<string, unknown>): ReadBundle['signedBy'] {
  const { publicKey, x509CertificateChain: chain, certificate, tlogEntries } = material
  if ([publicKey, chain, certificate].filter((it) => it !== undefined).length !== 1) {
    throw malformed('has not exactly one key or certificate')
  }
  if (isRecord(publicKey)) {
    const { hint } = publicKey
    return { kind: 'key', hint: typeof hint === 'string' && hint !== '' ? hint : undefined }
  }
  if (isRecord(certificate)) {
    return { kind: 'sigstore', certificate: bytesOf(certificate.rawBytes, 'certificate') }
  }
  const certificates: unknown = isRecord(chain) ? chain.certificates : undefined
  if (!Array.isArray(certificates) || certificates.length > maxCertificates) {
    throw malformed('has no certificates, or too many')
  }
  const bytes = certificates.map((it: unknown) =>
    bytesOf(isRecord(it) ? it.rawBytes : undefined, 'certificate'),
  )
  const [leaf] = bytes
  if (leaf === undefined) throw malformed('has no certificate')
  const isLogged = Array.isArray(tlogEntries) && tlogEntries.length > 0
  return isLogged ? { kind: 'sigstore', certificate: leaf } : { kind: 'certificates', chain: bytes }
}

function bytesOf(value: unknown, what: string): Buffer {
  if (typeof value !== 'string' || value === '' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw malformed(`has no ${what} in base64`)
  }
  return Buffer.from(value, 'base64')
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (problem: string, cause?: unknown) =>
  new InvalidSignatureInputError(`The bundle ${problem}`, { cause })
