import type { InferenceReceipt } from '@assay/sdk'
import { type BatchMode, batchTypedData, commitmentOf, inferenceIdOf } from '@assay/sdk/formats'
import { hexToBytes, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Session } from './session.ts'
import { singleBatch } from './single-batch.ts'

export type ContrivedParts = Pick<InferenceReceipt, 'inference' | 'fields'>

/**
 * Settles a batch of one inference as only the key's holder can: whatever it states, it is signed, on chain, and the root fits.
 *
 * @param make - Gives what is stated, from what an honest recorder would.
 * @returns The receipt, and another whose signature states another mode under the same root.
 */
export async function settleContrived(
  session: Session,
  make: (receipt: InferenceReceipt) => ContrivedParts,
): Promise<{ receipt: InferenceReceipt; another: InferenceReceipt }> {
  const { chain, owner } = session
  const account = privateKeyToAccount(await session.newKey(farFuture))
  const speaker = {
    ...{ owner, sessionKey: account.address },
    sign: (typedData: ReturnType<typeof batchTypedData>) => account.signTypedData(typedData),
  }
  const { place, batch, receipt: plain } = await singleBatch(chain, 'external', speaker)
  const { inference, fields } = make(plain)
  const { sequence, servedAt, ...ids } = inference
  const root = inferenceIdOf({
    ...{ ...ids, logId: batch.logId },
    ...{ sequence: BigInt(sequence), servedAt: BigInt(servedAt) },
  })
  const receiptIn = async (mode: BatchMode): Promise<InferenceReceipt> => {
    const stated = batchTypedData({ ...batch, root, mode }, chain.chainId, place.inferenceLog)
    const signature = await speaker.sign(stated)
    return {
      ...{ ...plain, inferenceId: root, inference, fields },
      batch: { ...plain.batch, root, mode, signature },
    }
  }
  const receipt = await receiptIn('external')
  const { log } = chain.as(accountOf(3))
  const call = [place, 0n, 1, root, batch.dataDigest, '0x', receipt.batch.signature] as const
  await chain.mined(await log.write.settleExternalBySig(call))
  return { receipt, another: await receiptIn('inline') }
}

/** What a receipt states with other fields, committed to. */
export function withFields(
  { inference }: InferenceReceipt,
  fields: InferenceReceipt['fields'],
): ContrivedParts {
  const hashes = fields.leafHashes.map((hash) => hexToBytes(hash))
  return { fields, inference: { ...inference, commitment: toHex(commitmentOf(hashes)) } }
}
