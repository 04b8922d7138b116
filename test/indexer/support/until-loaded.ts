import type { IndexerClient } from '@assay/sdk/query'
import type { RunningIndexer } from '../../../indexer/run.ts'
import type { RandomChain } from './random-chain.ts'

/** Lets blocks come, which are the occasion to write what was loaded, until nothing is waited for. */
export async function untilLoaded(
  chain: RandomChain,
  indexer: RunningIndexer,
  client: IndexerClient,
  timeoutMillis = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMillis
  for (;;) {
    await indexer.waitForBlock(await chain.client.getBlockNumber(), { timeoutMillis })
    const { settlements } = await client.query(
      `{ settlements(where: { dataState: pending }, limit: 1) { items { root uri } } }`,
      {},
    )
    const { items } = settlements as { items: object[] }
    if (items.length === 0) return
    if (Date.now() > deadline) throw new Error(`Still pending: ${JSON.stringify(items)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await chain.mine()
  }
}
