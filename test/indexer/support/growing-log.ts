import {
  type BatchRecord,
  buildBatch,
  inferenceIdOf,
  inferencesOf,
  logIdOf,
} from '@assay/sdk/formats'
import { toHex, zeroHash } from 'viem'
import { accountOf, type LocalChain } from './chain.ts'

const owner = accountOf(1)
const key = accountOf(2)
/** 2100-01-01, in Unix seconds. */
const far = 4_102_444_800

/** An inference log that grows by a batch now and then, and what anybody may see of it. */
export async function startGrowingLog(chain: LocalChain) {
  const { chainId, addresses } = chain
  const log = { owner: owner.address, sessionKey: key.address, instance: toHex(1n, { size: 32 }) }
  const logId = logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog })
  await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
  /** Ids in the order of their positions. */
  const ids: string[] = []
  /** How many there can be: batches are seen whole. */
  const boundaries = new Set([0])

  /** Settles a batch. What it holds may be seen from now on, at some time. */
  async function grow(count: number) {
    const first = BigInt(ids.length)
    const records: BatchRecord[] = Array.from({ length: count }, (_, i) => ({
      ...{ modelId: zeroHash, environmentId: zeroHash, servedAt: 1_790_000_000_000n },
      commitment: toHex(first + BigInt(i) + 1n, { size: 32 }),
    }))
    const batch = buildBatch(logId, first, records, 'inline')
    ids.push(...inferencesOf(logId, first, records).map((it) => inferenceIdOf(it)))
    boundaries.add(ids.length)
    const { write } = chain.as(key).log
    await chain.mined(await write.settleInline([log, first, count, batch.root, toHex(batch.data)]))
  }

  /** Grows until it is stopped, and tells what went wrong then. */
  function growOn(count: number, pauseMillis: number) {
    let going = true
    const run = async () => {
      while (going) {
        await grow(count)
        await new Promise((resolve) => setTimeout(resolve, pauseMillis))
      }
    }
    const ended = run()
    ended.catch(() => undefined)
    return {
      async stop() {
        going = false
        await ended
      },
    }
  }

  /** What is wrong with the ids that somebody was given, all there were; undefined: nothing. */
  function problemOf(given: readonly string[]): string | undefined {
    if (!boundaries.has(given.length)) return `${given.length} inferences are no whole batches`
    const at = given.findIndex((id, i) => id !== ids[i])
    return at < 0 ? undefined : `inference ${at} is ${given[at]}`
  }

  return { ids, grow, growOn, problemOf }
}

export type GrowingLog = Awaited<ReturnType<typeof startGrowingLog>>
