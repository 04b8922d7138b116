import {
  type BatchMode,
  buildBatch,
  type BatchRecord,
  logIdOf,
  namedModelIdOf,
} from '@assay/sdk/formats'
import { type Hex, type LocalAccount, stringToHex, toHex, zeroHash } from 'viem'
import { accountOf, type ChainOptions, startChain } from '../../test/indexer/support/chain.ts'

const key = accountOf(2)
/** 2100-01-01, in Unix seconds. */
const far = 4_102_444_800

type Publish = (data: Uint8Array, dataDigest: Hex) => string | Promise<string>

export type BenchChain = Awaited<ReturnType<typeof startBenchChain>>
/** A log into which batches are settled. */
export type BenchLog = Awaited<ReturnType<BenchChain['openLog']>>

/** A chain with one log, and any number of others. */
export async function startBenchChain(options: ChainOptions = {}) {
  const chain = await startChain(options)
  const { addresses } = chain
  const models = Array.from({ length: 10 }, (_, i) => namedModelIdOf('https://x', `model ${i}`))
  const { write } = chain.as(key).log

  /** A log of an owner, who has the means for a transaction. */
  async function openLog(owner: LocalAccount) {
    const log = { owner: owner.address, sessionKey: key.address, instance: zeroHash }
    const logId = logIdOf({ ...log, chainId: chain.chainId, inferenceLog: addresses.inferenceLog })
    await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
    let first = 0n

    function next(count: number, mode: BatchMode, servedAt: bigint) {
      const records: BatchRecord[] = Array.from({ length: count }, (_, i) => ({
        modelId: models[i % models.length]!,
        environmentId: zeroHash,
        commitment: toHex(first + BigInt(i), { size: 32 }),
        servedAt,
      }))
      const batch = buildBatch(logId, first, records, mode)
      first += BigInt(count)
      return batch
    }

    /** Settles the next batch inline. */
    async function settle(count: number) {
      const batch = next(count, 'inline', aSecondAgo())
      const { first, root, data } = batch
      const hash = await write.settleInline([log, first, count, root, toHex(data)])
      return { hash, batch }
    }

    /**
     * Settles the next batch external.
     *
     * @param publish - Puts its data somewhere, and says where.
     * @param servedAt - In Unix ms. Default: a second ago.
     */
    async function settleExternal(count: number, publish: Publish, servedAt = aSecondAgo()) {
      const batch = next(count, 'external', servedAt)
      const { first, root, dataDigest, data } = batch
      const uri = stringToHex(await publish(data, dataDigest))
      await write.settleExternal([log, first, count, root, dataDigest, uri])
      return batch
    }

    return { settle, settleExternal, settled: () => first, logId, owner: owner.address }
  }

  return {
    ...chain,
    ...(await openLog(accountOf(1))),
    ...{ openLog, models, sessionKey: key.address },
  }
}

const aSecondAgo = () => BigInt(Date.now()) - 1_000n
