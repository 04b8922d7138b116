import {
  evidenceShape,
  fieldsShape,
  hints,
  inferenceShape,
  logShape,
  messagesShape,
  proofShape,
  signedBatch,
  word,
} from './receipt-shape.ts'
import { type InferenceReceipt, receiptSchema } from './receipt.ts'
import { digits, objectOf, oneOf } from './shape.ts'

/** Name of the bundle format. */
export const bundleSchema = 'assay/bundle/v1'

/** Largest number of receipts in a bundle: what bounds the time. Memory is bounded by lines, of 4 MiB at most. */
export const maxBundleReceipts = 10_000_000

/** What the receipts of one batch have in common. */
export type BundledBatch = {
  log: InferenceReceipt['log']
  batch: Omit<InferenceReceipt['batch'], 'proof'>
}

/** What a receipt has for itself. */
export type BundledReceipt = Pick<
  InferenceReceipt,
  'inferenceId' | 'inference' | 'fields' | 'messages' | 'evidence' | 'hints'
> & { proof: InferenceReceipt['batch']['proof'] }

/** A line of a bundle is one of these, with this name as its only member. */
export const lineShapes = {
  bundle: oneOf(bundleSchema),
  batch: objectOf({ log: logShape, batch: objectOf(signedBatch) }),
  receipt: objectOf(
    {
      inferenceId: word,
      inference: inferenceShape,
      fields: fieldsShape,
      proof: proofShape,
      hints: objectOf({}, hints),
    },
    { messages: messagesShape, evidence: evidenceShape },
  ),
  end: objectOf({ receipts: digits(32) }),
} as const

/** The batch of a receipt, as it stands in a bundle. */
export function bundledBatch({ log, batch }: InferenceReceipt): BundledBatch {
  const { chainId, inferenceLog, owner, sessionKey, instance } = log
  const { first, count, root, mode, dataDigest, signature } = batch
  return {
    log: { chainId, inferenceLog, owner, sessionKey, instance },
    batch: { first, count, root, mode, dataDigest, signature },
  }
}

/** A receipt out of a bundle: member by member in the order in which `createReceipt` writes them. */
export function receiptIn({ log, batch }: BundledBatch, item: BundledReceipt): InferenceReceipt {
  const { inferenceId, inference, fields, messages, evidence, proof, hints: given } = item
  return {
    schema: receiptSchema,
    inferenceId,
    log,
    inference,
    fields,
    ...(messages && { messages }),
    batch: { ...batch, proof },
    ...(evidence && { evidence }),
    hints: given,
  }
}
