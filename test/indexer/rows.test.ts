import { createIndexerClient, type IndexerClient } from '@assay/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { hasExternalData, rebuild } from './support/rebuild.ts'
import { type RandomChain, startRandomChain } from './support/random-chain.ts'
import { startEmbedded } from './support/start-embedded.ts'
import { readTables, sorted } from './support/tables.ts'
import { untilLoaded } from './support/until-loaded.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const operations = Number(process.env.ASSAY_TEST_OPERATIONS ?? (long ? 3_000 : 150))
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))

let chain: RandomChain
let indexer: RunningIndexer
let client: IndexerClient
beforeAll(async () => {
  chain = await startRandomChain(seed)
  await chain.operate(operations)
  await chain.sayAnything(operations / 15)
  // What never happened is not compared.
  await chain.operateUntil(async () => missingIn(await rebuilt()).length === 0)
  const [port] = (await freePorts(1)) as [number]
  const { rpcUrl, wsUrl, addresses } = chain
  indexer = await startEmbedded({ chainId: 31_337, rpcUrl, wsUrl, port, ...addresses })
  client = createIndexerClient({ url: indexer.graphqlUrl })
}, 120_000)
afterAll(async () => {
  await indexer.stop()
  await chain.close()
})

type Tables = Awaited<ReturnType<typeof rebuild>>
const rebuilt = () => rebuild(chain.client, chain.addresses)

/** What did not happen yet: rows of a kind, batch data that is there, days to count in. */
function missingIn(tables: Tables): string[] {
  const empty = Object.keys(tables).filter((name) => tables[name]!.length === 0)
  return [
    ...empty,
    ...(hasExternalData(tables) ? [] : ['available batch data']),
    ...(tables.day!.length > 2 ? [] : ['days']),
  ]
}

async function compare() {
  const expected = await rebuilt()
  await untilLoaded(chain, indexer, client)
  const actual = await readTables(client, Object.keys(expected))
  expect(sorted(actual), `ASSAY_TEST_SEED=${seed}`).toEqual(sorted(expected))
  return expected
}

test('behavior: whatever is on the chain, its rows are those that its events give', async () => {
  expect(missingIn(await compare()), `ASSAY_TEST_SEED=${seed}`).toEqual([])
})

test('behavior: so they are for blocks that come while it runs', async () => {
  await chain.operate(operations / 5)
  await chain.sayAnything(operations / 50)
  await compare()
})
