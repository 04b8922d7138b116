import type { Hex } from 'viem'
import { batchDigest, type Batch } from '../formats/batch.ts'
import { createInclusionCheck, type InclusionCheck } from '../formats/inclusion.ts'
import { type Inference, type InferenceLogPlace, logIdOf } from '../formats/inference.ts'
import { batchOf, type InferenceReceipt } from '../formats/receipt.ts'
import { type Signer, signerOf } from './signer.ts'

/** What follows from the log and the batch of receipts by arithmetic alone, once for all receipts of the batch. */
export type BatchSubject = {
  place: InferenceLogPlace
  batch: Batch
  /** EIP-712 digest of the batch. */
  batchDigest: Hex
  signer: Signer
  isIncluded: InclusionCheck
}

/** A receipt with what follows from it by arithmetic alone. */
export type Subject = BatchSubject & {
  receipt: InferenceReceipt
  inference: Inference
  /** Values of the opened fields by name, in hex. Believed only once the `commitment` check is verified. */
  opened: Map<string, Hex>
}

/** Computes what follows from a log and a batch. */
export function batchSubjectOf(
  log: InferenceReceipt['log'],
  signed: Omit<InferenceReceipt['batch'], 'proof'>,
): BatchSubject {
  const place = { ...log, chainId: Number(log.chainId) }
  const batch = batchOf(signed, logIdOf(place))
  const digest = batchDigest(batch, place.chainId, place.inferenceLog)
  return {
    place,
    batch,
    batchDigest: digest,
    signer: signerOf(digest, signed.signature, place),
    isIncluded: createInclusionCheck(batch.count, batch.root),
  }
}

/**
 * Computes what follows from a receipt. Nothing here is checked yet.
 *
 * @param shared - What follows from its log and batch, where that is known.
 */
export function subjectOf(
  receipt: InferenceReceipt,
  shared: BatchSubject = batchSubjectOf(receipt.log, receipt.batch),
): Subject {
  const { modelId, environmentId, commitment, sequence, servedAt } = receipt.inference
  return {
    ...shared,
    receipt,
    inference: {
      logId: shared.batch.logId,
      modelId,
      environmentId,
      commitment,
      sequence: BigInt(sequence),
      servedAt: BigInt(servedAt),
    },
    opened: new Map(receipt.fields.opened.map(({ name, value }) => [name, value])),
  }
}
