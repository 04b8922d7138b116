import { type EvidenceExchange, type EvidenceReport } from '@assay/sdk/evidence'
import { type Hex, hexToBytes } from 'viem'
import { aciKeysetDigestOf, aciReportDataOf } from '../aci/keyset.ts'
import { canonicalJson } from '../canonical-json.ts'
import { MalformedError } from '../judging/errors.ts'
import { isSignedByEd25519 } from './ed25519.ts'
import { EvidenceRefusedError } from './evidence.ts'

/** A receipt of Attested Confidential Inference (`aci/1`), with the keyset that its signer is in. */
export type AciReceipt = {
  /** The answer of `GET /v1/aci/receipts/{id}`. */
  receipt: unknown
  /** `attestation.workload_keyset` of `GET /v1/aci/attestation`. */
  keyset: unknown
}

type Json = Readonly<Record<string, unknown>>
type Event = { type: string; body_hash?: unknown }
type Key = { key_id: unknown; algo: unknown; public_key: unknown }

const refuse = (
  code: ConstructorParameters<typeof EvidenceRefusedError>[1],
  seen?: string,
): never => {
  throw new EvidenceRefusedError('the ACI service', code, seen)
}

/** Events and keys of one document, at most. */
const maxItems = 100

/**
 * Reads a receipt of Attested Confidential Inference: an Ed25519 signature (RFC 8032) over the receipt without it, in canonical JSON
 * (RFC 8785), by a key of the keyset that it names by digest. It is the model's own word if the service served the request itself; one
 * that tells of an upstream (`upstream.verified`) is a gateway's.
 *
 * Source: the ACI specification, draft `aci/1`, sections 3.1, 7 and 9.3 (Dstack-TEE/private-ai-gateway).
 *
 * @throws EvidenceRefusedError
 */
export function readAciReceipt(
  given: AciReceipt,
  { requestDigest, responseDigest }: EvidenceExchange,
): EvidenceReport {
  const { signature, ...signed } = objectOf(given.receipt)
  const keyset = objectOf(given.keyset)
  if (signed.api_version !== 'aci/1') refuse('form', 'It is not of version aci/1.')
  const digest = canonical(() => aciKeysetDigestOf(keyset))
  if (signed.workload_keyset_digest !== `sha256:${digest.slice(2)}`) {
    refuse('key', 'The keyset is another.')
  }
  const events = listOf<Event>(signed.event_log)
  if (events[0]?.type !== 'request.received') refuse('form')
  const request = bodyHashOf(events, 'request.received')
  const response = bodyHashOf(events, 'response.returned')
  if (request !== requestDigest || response !== responseDigest) refuse('exchange')
  const key = keyOf(keyset, signed.key_id)
  if (typeof signature !== 'string' || !/^[0-9a-f]{128}$/.test(signature)) return refuse('form')
  const bytes = Buffer.from(canonical(() => canonicalJson(signed)))
  if (!isSignedByEd25519(key, bytes, hexToBytes(`0x${signature}`))) refuse('signature')
  const { served_at: servedAt, model } = signed
  if (!Number.isSafeInteger(servedAt)) refuse('form')
  const passedOn = events.some(({ type }) => type === 'upstream.verified')
  return {
    provider: 'ACI service',
    speaker: passedOn ? 'gateway' : 'model',
    ...(typeof model === 'string' && { model }),
    algorithm: 'ed25519',
    key,
    signedAt: servedAt as number,
    ...{ requestDigest, responseDigest },
  }
}

/**
 * Checks that an attested machine holds the keyset of a receipt: its report data are SHA-256 of the statement that names the keyset and
 * the nonce, and zeros (section 3.2).
 *
 * @param reportData - 64 bytes, of a report that `verifyTdx` or `verifySevSnp` made.
 * @param nonce - 32 bytes that were asked with; undefined: none.
 * @throws EvidenceRefusedError
 */
export function checkAciReportData(
  reportData: Hex,
  { keyset, nonce }: { keyset: unknown; nonce?: Hex | undefined },
): void {
  const digest = canonical(() => aciKeysetDigestOf(objectOf(keyset)))
  if (reportData.toLowerCase() !== aciReportDataOf(digest, nonce)) refuse('key')
}

function objectOf(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  return refuse('form')
}

function listOf<T extends object>(value: unknown): T[] {
  const fits =
    Array.isArray(value) &&
    value.length <= maxItems &&
    value.every((it) => typeof it === 'object' && it !== null)
  return fits ? (value as T[]) : refuse('form')
}

/** What is made of canonical JSON, which not all JSON has. */
function canonical<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof MalformedError) return refuse('form', 'It has no canonical JSON.')
    throw error
  }
}

/** Of an event that has to be there once: of two, each reader could take another. */
function bodyHashOf(events: readonly Event[], of: string): Hex {
  const [event, ...others] = events.filter(({ type }) => type === of)
  const hash = event?.body_hash
  const [, digest] = (typeof hash === 'string' && /^sha256:([0-9a-f]{64})$/.exec(hash)) || []
  return digest !== undefined && others.length === 0 ? `0x${digest}` : refuse('form')
}

/** The key of a receipt, of an algorithm that is known. */
function keyOf(keyset: Json, id: unknown): Hex {
  const keys = listOf<Key>(keyset.receipt_signing_keys)
  const [key, ...others] = keys.filter(({ key_id: name }) => typeof id === 'string' && name === id)
  if (!key || others.length > 0) return refuse('key', 'The keyset has no such key, or two.')
  const { algo, public_key: hex } = key
  const fits = algo === 'ed25519' && typeof hex === 'string' && /^[0-9a-f]{64}$/.test(hex)
  return fits ? `0x${hex}` : refuse('form')
}
