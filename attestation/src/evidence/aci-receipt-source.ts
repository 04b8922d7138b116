import type { EvidenceSource } from '@assay/sdk/evidence'
import { aciReceiptFormat } from './formats.ts'
import { providerApi, type ProviderApiOptions } from './provider-api.ts'

/**
 * Receipts of services of Attested Confidential Inference (`aci/1`), by the id of the answer: `GET /v1/aci/receipts/{id}`, with the
 * keyset of `GET /v1/aci/attestation`, which is asked for each time, since keys change.
 *
 * @throws InvalidConfigError
 */
export function aciReceipts(options: ProviderApiOptions): EvidenceSource {
  const api = providerApi(options)
  return {
    ...aciReceiptFormat,
    isFor: ({ url, responseId }) => responseId !== undefined && api.isBelow(url),
    async fetch({ responseId = '' }, { signal }) {
      const receipt = await api.get(`aci/receipts/${encodeURIComponent(responseId)}`, {}, signal)
      const report = receipt && (await api.get('aci/attestation', {}, signal))
      if (!report) return undefined
      const { attestation } = JSON.parse(report) as { attestation?: { workload_keyset?: unknown } }
      const keyset = attestation?.workload_keyset ?? null
      return JSON.stringify({ receipt: JSON.parse(receipt) as unknown, keyset })
    },
  }
}
