import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BatchHost, startBatchHost } from '../../test/indexer/support/batch-host.ts'
import { type BenchChain, startBenchChain } from './chain.ts'
import { ask, sync } from './measure.ts'

const blockMillis = 1_000
/** The database keeps what was read of chains by their ids. */
const chainId = 31_338

/** What indexing external batches comes to, in inferences a second. */
export type ExternalRates = {
  /** With their data on a host: it is fetched, checked, and written with the blocks that come each second. */
  pg: number
  pglite: number
  /** With their data here already, as when all is read anew. */
  kept: number
}

/** Settles external batches on a chain of its own, and has them indexed. */
export async function externalRates(
  inferences: number,
  batchSize: number,
  databaseUrl: string,
): Promise<ExternalRates> {
  const [chain, host] = await Promise.all([startBenchChain({ chainId }), startBatchHost()])
  try {
    for (let i = 0; i < inferences / batchSize; i++) {
      await chain.settleExternal(batchSize, (data) => host.at(`/${i}`, data))
    }
    for (let i = 0; i < 64; i++) await chain.client.mine({ blocks: 1 })
    return await measured(chain, host, inferences, databaseUrl)
  } finally {
    await chain.stop()
    await host.stop()
  }
}

async function measured(
  chain: BenchChain,
  host: BatchHost,
  inferences: number,
  databaseUrl: string,
): Promise<ExternalRates> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-batches-'))
  try {
    const pg = await fetched(chain, inferences, {
      ...{ databaseUrl, schema: 'fetched', batchDirectory: join(directory, 'pg') },
    })
    const pglite = await fetched(chain, inferences, { batchDirectory: join(directory, 'pglite') })
    host.asked.length = 0
    const toBlock = await chain.client.getBlockNumber()
    for (let i = 0; i < 64; i++) await chain.client.mine({ blocks: 1 })
    const kept = await sync(chain, toBlock, {
      ...{ databaseUrl, schema: 'kept', batchDirectory: join(directory, 'pg') },
    })
    await kept.stop()
    assert.deepEqual(host.asked, [], 'what is kept was asked for again')
    return {
      ...{ pg, pglite },
      kept: Math.round(inferences / kept.seconds),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function fetched(
  chain: BenchChain,
  inferences: number,
  options: { databaseUrl?: string; schema?: string; batchDirectory: string },
) {
  const { wsUrl } = chain
  const synced = await sync(chain, 0n, { ...options, wsUrl, batchHosts: 'any' })
  const began = performance.now() - 1_000 * synced.seconds
  const blocks = setInterval(() => void chain.client.mine({ blocks: 1 }), blockMillis)
  try {
    while ((await loadedBy(synced.indexer.graphqlUrl)) < inferences) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return Math.round((1_000 * inferences) / (performance.now() - began))
  } finally {
    clearInterval(blocks)
    await synced.stop()
  }
}

/** How many inferences of all batches are rows. */
async function loadedBy(graphqlUrl: string): Promise<number> {
  const data = await ask(graphqlUrl, '{ settlements(limit: 1000) { items { loaded } } }')
  const { items } = (data?.settlements ?? { items: [] }) as { items: { loaded: string }[] }
  return items.reduce((sum, { loaded }) => sum + Number(loaded), 0)
}
