import { BaseError } from '@assay/sdk/errors'
import { createHash } from 'node:crypto'
import type { Hex } from 'viem'

/** An exchange, by the bytes that were sent and received: contents after codings are removed, of a stream the whole of it. */
export type Exchange = { request: Uint8Array; response: Uint8Array }

/** Who signed: the enclave in which the model runs, or one that stands between it and the client. */
export type EvidenceSpeaker = 'model' | 'gateway'

/** What a provider's signature over an exchange shows: that this key signed these bytes. Whose key it is, an attestation says. */
export type EvidenceReport = {
  provider: string
  /** A gateway's signature says what passed the gateway, never that a model in an enclave wrote it. */
  speaker: EvidenceSpeaker
  /** Name of the model, where the signature covers it. */
  model?: string
  algorithm: 'eip191-secp256k1' | 'ed25519' | 'rsa-pss-sha256'
  /** The key that signed: an address, a key of 32 bytes, or SubjectPublicKeyInfo. */
  key: Hex
  /** When it was signed by the signer's clock, in Unix seconds, where the signature covers it. */
  signedAt?: number
  /** SHA-256 of the request and of the response that it is about. */
  requestDigest: Hex
  responseDigest: Hex
}

/** Reads one provider's evidence, and checks that it is about an exchange. */
export type EvidenceImporter<Given> = (
  given: Given,
  exchange: Exchange,
) => EvidenceReport | Promise<EvidenceReport>

const problems = {
  form: 'is not of the form that its provider gives it',
  exchange: 'is about another exchange',
  signature: 'is not signed by the key that it names',
  key: 'is signed by another key than the attestation holds',
  nonce: 'comes with an attestation for another nonce',
} as const

/** Why evidence is refused. */
export type EvidenceProblem = keyof typeof problems

/** Thrown when evidence does not show what it is said to show. */
export class EvidenceRefusedError extends BaseError {
  override name = 'EvidenceRefusedError'
  readonly code: EvidenceProblem

  constructor(provider: string, code: EvidenceProblem, seen?: string) {
    super(`The evidence of ${provider} ${problems[code]}.`, {
      ...(seen ? { metaMessages: [seen] } : {}),
      docsPath: 'attestation.md#evidence',
    })
    this.code = code
  }
}

/** Digests of an exchange, as a receipt has them. */
export function digestsOf({ request, response }: Exchange): {
  requestDigest: Hex
  responseDigest: Hex
} {
  const digest = (bytes: Uint8Array): Hex => `0x${createHash('sha256').update(bytes).digest('hex')}`
  return { requestDigest: digest(request), responseDigest: digest(response) }
}
