import type { Hex } from 'viem'
import { batchDigest, type Batch } from '../formats/batch.ts'
import { toBytes } from '../formats/bytes.ts'
import { type Inference, type InferenceLogPlace, logIdOf } from '../formats/inference.ts'
import { batchOfReceipt, type InferenceReceipt } from '../formats/receipt.ts'

/** A receipt with what follows from it by arithmetic alone. */
export type Subject = {
  receipt: InferenceReceipt
  place: InferenceLogPlace
  inference: Inference
  batch: Batch
  /** EIP-712 digest of the batch. */
  batchDigest: Hex
  /** Values of the opened fields by name. Believed only once the `commitment` check is verified. */
  opened: Map<string, Uint8Array>
}

/** Computes what follows from a receipt. Nothing here is checked yet. */
export function subjectOf(receipt: InferenceReceipt): Subject {
  const { log } = receipt
  const place = { ...log, chainId: Number(log.chainId) }
  const logId = logIdOf(place)
  const batch = batchOfReceipt(receipt, logId)
  return {
    receipt,
    place,
    inference: {
      ...receipt.inference,
      logId,
      sequence: BigInt(receipt.inference.sequence),
      servedAt: BigInt(receipt.inference.servedAt),
    },
    batch,
    batchDigest: batchDigest(batch, place.chainId, place.inferenceLog),
    opened: new Map(receipt.fields.opened.map(({ name, value }) => [name, toBytes(value)])),
  }
}
