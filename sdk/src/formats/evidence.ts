import type { Hex } from 'viem'
import type { EnvironmentClaim } from './environment.ts'
import { keyAddressOf } from './environment.ts'
import { parseReceipt } from './parse-receipt.ts'
import type { InferenceReceipt } from './receipt.ts'

/** What a provider gave about one exchange, beside the receipt. Nothing in a batch binds it: its own signature does, by the digests. */
export type Evidence = {
  /** Of which form the content is, such as `chat-signature`: who reads that form judges it. */
  format: string
  /** As the provider gave it, mostly JSON; at most 65,536 UTF-16 code units. */
  content: string
}

/** An exchange, as evidence has to be about it. */
export type EvidenceExchange = {
  /** SHA-256 of the request's and of the response's body, after codings are removed, of a stream the whole of it. */
  requestDigest: Hex
  responseDigest: Hex
  /** The bodies, where the reader holds them; some forms can't be judged without. */
  request?: Uint8Array | undefined
  response?: Uint8Array | undefined
}

/** Who signed: the enclave in which the model runs, or one that stands between it and the client. */
export type EvidenceSpeaker = 'model' | 'gateway'

/** What a provider's signature over an exchange shows: that this key signed it. Whose key it is, an attestation says. */
export type EvidenceReport = {
  provider: string
  /** A gateway's signature says what passed the gateway, never that a model in an enclave wrote it. */
  speaker: EvidenceSpeaker
  /** Name of the model, where the signature covers it. */
  model?: string
  algorithm: 'eip191-secp256k1' | 'ed25519' | 'rsa-pss-sha256'
  /** The key that signed, in lower case: an address, a key of 32 bytes, or SubjectPublicKeyInfo. */
  key: Hex
  /** When it was signed by the signer's clock, in Unix seconds, where the signature covers it. */
  signedAt?: number
  /** SHA-256 of the request and of the response that it is about. */
  requestDigest: Hex
  responseDigest: Hex
}

/** Key types of an environment (`KeyType`), by the algorithm of their signatures; secp256k1 keys are compared by their address. */
const keyTypeOf = { ed25519: 'ed25519', 'rsa-pss-sha256': 'rsa' } as const

/** Whether the key that signed evidence is an environment's own. */
export function isSignedByEnvironment(
  { algorithm, key }: Pick<EvidenceReport, 'algorithm' | 'key'>,
  environment: Pick<EnvironmentClaim, 'keyType' | 'key'>,
): boolean {
  if (algorithm === 'eip191-secp256k1') return keyAddressOf(environment) === key
  return environment.keyType === keyTypeOf[algorithm] && environment.key.toLowerCase() === key
}

/** The exchange that a receipt speaks of; undefined if it hides the digest of the request or of the response. */
export function exchangeOf({
  fields,
}: Pick<InferenceReceipt, 'fields'>): EvidenceExchange | undefined {
  const digestOf = (part: 'request' | 'response') =>
    fields.opened.find(({ name }) => name === `${part}.sha256`)?.value
  const [requestDigest, responseDigest] = [digestOf('request'), digestOf('response')]
  return requestDigest && responseDigest ? { requestDigest, responseDigest } : undefined
}

/**
 * Puts evidence into a receipt, in place of what it has of the same form.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted, and not verified here. Neither is the evidence.
 * @throws InvalidReceiptError if it is no receipt, or is none with this evidence: more than four, or too large.
 */
export function attachEvidence(receipt: unknown, evidence: readonly Evidence[]): InferenceReceipt {
  const { batch, hints, evidence: had = [], ...before } = parseReceipt(receipt)
  const kept = had.filter((it) => !evidence.some(({ format }) => format === it.format))
  const all = [...kept, ...evidence]
  // Member by member in the order in which `createReceipt` writes them.
  return parseReceipt({ ...before, batch, ...(all.length > 0 && { evidence: all }), hints })
}
