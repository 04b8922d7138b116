import {
  type BatchMode,
  batchDigest,
  buildBatch,
  type BuiltBatch,
  commitmentOf,
  createReceipt,
  fieldLeafHash,
  type Inference,
  type InferenceLogPlace,
  logIdOf,
} from '@assay/sdk/formats'
import type { InferenceReceipt } from '@assay/sdk'
import { type Hex, toHex, zeroHash } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { saltedFields } from './fields.ts'
import { messageTexts, saltedMessages } from './messages.ts'

/** A batch, signed, not settled yet. */
export type SignedBatch = {
  place: InferenceLogPlace
  batch: BuiltBatch
  digest: Hex
  signature: Hex
  /** Of the first two, the middle and the last inference. */
  receipts: InferenceReceipt[]
  /** Of each of these, the messages of the request as canonical JSON. */
  texts: string[][]
}

export type BatchOptions = {
  place: InferenceLogPlace
  first: bigint
  count: number
  mode: BatchMode
  /** Unix ms. */
  servedAt: number
  modelId?: Hex
  environmentId?: Hex
  /** Who signs. */
  signer: PrivateKeyAccount
}

/** Makes a batch as a recorder does. */
export async function signBatch(options: BatchOptions): Promise<SignedBatch> {
  const { place, first, count, mode, signer, servedAt } = options
  const { modelId = zeroHash, environmentId = zeroHash } = options
  const logId = logIdOf(place)
  const inferences = Array.from({ length: count }, (_, i): Inference => {
    const sequence = first + BigInt(i)
    const leafHashes = saltedFields(logId, sequence).map((field) => fieldLeafHash(field))
    const commitment = toHex(commitmentOf(leafHashes))
    return { logId, modelId, environmentId, commitment, sequence, servedAt: BigInt(servedAt + i) }
  })
  const batch = buildBatch(logId, first, inferences, mode)
  const digest = batchDigest(batch, place.chainId, place.inferenceLog)
  const signature = await signer.sign({ hash: digest })
  const places = [...new Set([0, Math.min(1, count - 1), count >> 1, count - 1])]
  const receipts = places.map((i) => {
    const inference = inferences[i] as Inference
    const fields = saltedFields(logId, inference.sequence)
    const messages = saltedMessages(logId, inference.sequence)
    return createReceipt({ place, inference, fields, messages, batch, signature })
  })
  const texts = places.map((i) => messageTexts(logId, first + BigInt(i)))
  return { place, batch, digest, signature, receipts, texts }
}
