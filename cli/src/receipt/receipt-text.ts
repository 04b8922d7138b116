import type { InferenceReceipt } from '@assay/sdk/formats'
import { plainJson } from '../output/plain.ts'

/** A receipt as a file: JSON that is safe to look at in a terminal. */
export const receiptText = (receipt: InferenceReceipt): string => `${plainJson(receipt)}\n`
