import type { EvidenceSource } from '@assay/sdk/evidence'
import { chatSignatureFormat } from './formats.ts'
import { providerApi, type ProviderApiOptions } from './provider-api.ts'

export type ChatSignaturesOptions = ProviderApiOptions & {
  /** By which kind of key the provider shall sign. Default: `ecdsa`, which can be an environment's key of type secp256k1. */
  algorithm?: 'ecdsa' | 'ed25519' | undefined
}

/**
 * Signatures of exchanges as NEAR AI Cloud and dstack's inference proxies give them: `GET /v1/signature/{id}?signing_algo=…` by the id of
 * the answer, some time after it.
 *
 * @throws InvalidConfigError
 */
export function chatSignatures({
  algorithm = 'ecdsa',
  ...options
}: ChatSignaturesOptions): EvidenceSource {
  const api = providerApi(options)
  return {
    ...chatSignatureFormat,
    isFor: ({ url, responseId }) => responseId !== undefined && api.isBelow(url),
    fetch: ({ responseId = '', model }, { signal }) =>
      api.get(
        `signature/${encodeURIComponent(responseId)}`,
        { model, signing_algo: algorithm },
        signal,
      ),
  }
}
