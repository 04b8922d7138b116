import type { InferenceReceipt } from '@assay/sdk'
import { hexToString } from 'viem'

/** Fields of a receipt: digests as hex, the others as text. */
export function shown(receipt: InferenceReceipt | undefined): Record<string, string> {
  return Object.fromEntries(
    (receipt?.fields.opened ?? []).map(({ name, value }) => [
      name,
      name.endsWith('.sha256') ? value : hexToString(value),
    ]),
  )
}
