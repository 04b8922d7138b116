import { createIndexerClient, type IndexerClient } from '@assay/sdk/query'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { type RandomChain, startRandomChain } from './support/random-chain.ts'
import { rebuild } from './support/rebuild.ts'
import { startEmbedded } from './support/start-embedded.ts'
import { readTables, sorted } from './support/tables.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))

let chain: RandomChain
let indexer: RunningIndexer
let client: IndexerClient
const log: string[] = []
beforeAll(async () => {
  chain = await startRandomChain(seed)
  await chain.operate(40)
  const [port] = (await freePorts(1)) as [number]
  const { rpcUrl, wsUrl, addresses } = chain
  indexer = await startEmbedded({
    ...{ chainId: 31_337, rpcUrl, wsUrl, port, ...addresses, logLevel: 'error' },
    onLog: (line) => log.push(line),
  })
  client = createIndexerClient({ url: indexer.graphqlUrl, timeoutMillis: 30_000 })
}, 90_000)
afterAll(async () => {
  await indexer.stop()
  await chain.close()
})

const head = () => chain.client.getBlockNumber()

/** Waits until the rows are those that the chain's events give. */
async function settled(timeout: number) {
  const expected = sorted(await rebuild(chain.client, chain.addresses))
  async function read() {
    // Blocks are the occasion to write what was loaded anew.
    await chain.mine()
    return readTables(client, Object.keys(expected)).then(sorted, (error: unknown) => String(error))
  }
  await expect.poll(read, { timeout, interval: 300 }).toEqual(expected)
}

/** Takes back the last blocks, and puts others in their place, one more. */
async function reorganize(depth: number) {
  const snapshot = await chain.snapshot()
  await chain.operateInBlocks(depth)
  await indexer.waitForBlock(await head())
  await snapshot.revert()
  await chain.operateInBlocks(depth + 1)
}

test.each([1, 5, 20])(
  'behavior: %i blocks: the rows of the new ones, and none of the old',
  async (depth) => {
    await reorganize(depth)
    await settled(30_000)
  },
  60_000,
)

test('behavior: deeper than what counts as final: noticed, said, and indexed anew', async () => {
  await reorganize(70)
  await settled(60_000)
  expect(log.join('\n')).toContain('not the one that was indexed')
  expect(log.join('\n')).toContain('All is indexed anew')
}, 120_000)
