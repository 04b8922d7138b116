import {
  type BatchMode,
  buildBatch,
  type BatchRecord,
  logIdOf,
  namedModelIdOf,
} from '@assay/sdk/formats'
import { type Hex, stringToHex, toHex, zeroHash } from 'viem'
import { accountOf, startChain } from '../../test/indexer/support/chain.ts'

const owner = accountOf(1)
const key = accountOf(2)
/** 2100-01-01, in Unix seconds. */
const far = 4_102_444_800

type Publish = (data: Uint8Array, dataDigest: Hex) => string | Promise<string>

export type BenchChain = Awaited<ReturnType<typeof startBenchChain>>

/** A chain with one log, into which batches are settled. @param chainId - Default: that of Hardhat. */
export async function startBenchChain(chainId?: number) {
  const chain = await startChain(chainId ? { chainId } : {})
  const { addresses } = chain
  const log = { owner: owner.address, sessionKey: key.address, instance: zeroHash }
  const logId = logIdOf({ ...log, chainId: chain.chainId, inferenceLog: addresses.inferenceLog })
  await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
  const models = Array.from({ length: 10 }, (_, i) => namedModelIdOf('https://x', `model ${i}`))
  const { write } = chain.as(key).log
  let first = 0n

  function next(count: number, mode: BatchMode) {
    const servedAt = BigInt(Date.now()) - 1_000n
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
    const batch = next(count, 'inline')
    const { first, root, data } = batch
    const hash = await write.settleInline([log, first, count, root, toHex(data)])
    return { hash, batch }
  }

  /** Settles the next batch external. @param publish - Puts its data somewhere, and says where. */
  async function settleExternal(count: number, publish: Publish) {
    const batch = next(count, 'external')
    const { first, root, dataDigest, data } = batch
    const uri = stringToHex(await publish(data, dataDigest))
    await write.settleExternal([log, first, count, root, dataDigest, uri])
    return batch
  }

  return {
    ...chain,
    settle,
    settleExternal,
    settled: () => first,
    logId,
    models,
    owner: owner.address,
    sessionKey: key.address,
  }
}
