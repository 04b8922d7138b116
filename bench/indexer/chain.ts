import { buildBatch, type BatchRecord, logIdOf, namedModelIdOf } from '@assay/sdk/formats'
import { toHex, zeroHash } from 'viem'
import { accountOf, startChain } from '../../test/indexer/support/chain.ts'

const owner = accountOf(1)
const key = accountOf(2)
/** 2100-01-01, in Unix seconds. */
const far = 4_102_444_800

export type BenchChain = Awaited<ReturnType<typeof startBenchChain>>

/** A chain with one log, into which batches are settled inline. */
export async function startBenchChain() {
  const chain = await startChain()
  const { chainId, addresses } = chain
  const log = { owner: owner.address, sessionKey: key.address, instance: zeroHash }
  const logId = logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog })
  await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
  const models = Array.from({ length: 10 }, (_, i) => namedModelIdOf('https://x', `model ${i}`))
  const { write } = chain.as(key).log
  let first = 0n

  /** Settles the next batch, and gives the id of its last inference. */
  async function settle(count: number) {
    const servedAt = BigInt(Date.now()) - 1_000n
    const records: BatchRecord[] = Array.from({ length: count }, (_, i) => ({
      modelId: models[i % models.length]!,
      environmentId: zeroHash,
      commitment: toHex(first + BigInt(i), { size: 32 }),
      servedAt,
    }))
    const batch = buildBatch(logId, first, records, 'inline')
    const hash = await write.settleInline([log, first, count, batch.root, toHex(batch.data)])
    first += BigInt(count)
    return { hash, batch }
  }

  return { ...chain, settle, logId, models, owner: owner.address, sessionKey: key.address }
}
