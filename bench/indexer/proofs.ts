import { checkBatchData, leafHashesOfData } from '@assay/sdk/formats'
import { httpStore } from '@assay/sdk/stores'
import type { BenchChain } from './chain.ts'
import { ask, quantile, type Synced, timed } from './measure.ts'

/** With which batch data is put at an indexer that is measured. */
export const batchToken = 'token-of-the-benchmark'

/** What proofs of one batch take, in ms: the first, for which its tree is built, and a thousand of inferences all over it. */
export async function proving(chain: BenchChain, { indexer }: Synced, count: number) {
  const store = httpStore(`${indexer.url}/batches`, { token: batchToken })
  const { logId, first, root, data } = await chain.settleExternal(count, async (data, digest) => {
    const { uri } = await store.put(data, digest)
    return uri ?? ''
  })
  const query = `{ settlement(logId: "${logId}", root: "${root}") { dataState } }`
  for (let state: string | undefined; state !== 'available';) {
    await chain.client.mine({ blocks: 1 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const found = (await ask(indexer.graphqlUrl, query))?.settlement
    state = (found as { dataState: string } | null | undefined)?.dataState
  }
  const ids = Buffer.from(leafHashesOfData(logId, first, data, checkBatchData(data)))
  const prove = (i: number) =>
    fetch(`${indexer.url}/inferences/0x${ids.toString('hex', 32 * i, 32 * i + 32)}/proof`).then(
      (it) => it.json(),
    )
  const coldMs = await timed(() => prove(0))
  const times: number[] = []
  // A prime, so that they lie all over the batch.
  for (let i = 0; i < 1_000; i++) times.push(await timed(() => prove((i * 7_919) % count)))
  return {
    p99: Number(quantile(times, 0.99).toFixed(1)),
    coldMs: Math.round(coldMs),
    batch: count,
  }
}
