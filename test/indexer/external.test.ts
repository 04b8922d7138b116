/** External batches from settlement to GraphQL: whatever their hosts do, what is told is right, and nobody else's inferences wait. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  buildBatch,
  type BuiltBatch,
  dataDigestOf,
  inferenceIdOf,
  inferencesOf,
  logIdOf,
  rootOfData,
} from '@assay/sdk/formats'
import { createIndexerClient, getIndexedSettlements, getInferenceProof } from '@assay/sdk/query'
import { httpStore } from '@assay/sdk/stores'
import { stringToHex, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningIndexer, startIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type BatchHost, startBatchHost } from './support/batch-host.ts'
import { bulkData } from './support/bulk-data.ts'
import { accountOf, type LocalChain, startChain } from './support/chain.ts'

const owner = accountOf(1)
const key = accountOf(2)
const us = [owner, key] as const
/** With hosts that hang. */
const others = [accountOf(3), accountOf(4)] as const
/** 2100-01-01, in Unix seconds. */
const far = 4_102_444_800
const token = 'a-token-of-some-length'

let chain: LocalChain
let host: BatchHost
let postgres: Postgres
let directory: string
let indexer: RunningIndexer
let client: ReturnType<typeof createIndexerClient>
beforeAll(async () => {
  ;[chain, host, postgres] = await Promise.all([
    startChain(),
    startBatchHost(),
    startPostgres(['fsync=off']),
  ])
  directory = await mkdtemp(join(tmpdir(), 'assay-external-'))
  await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
  await chain.mined(await chain.as(others[0]).log.write.authorize([others[1].address, far]))
  await start('assay')
}, 90_000)
afterAll(async () => {
  await indexer.stop()
  await Promise.all([chain.stop(), host.stop(), postgres.stop()])
  await rm(directory, { recursive: true, force: true })
})

async function start(schema: string) {
  const [port] = (await freePorts(1)) as [number]
  const { chainId, rpcUrl, wsUrl, addresses } = chain
  indexer = await startIndexer({
    ...{ chainId, rpcUrl, wsUrl, port, ...addresses, schema, databaseUrl: postgres.url },
    ...{ batchDirectory: directory, batchHosts: 'any', batchTokens: `somebody=${token}` },
  })
  client = createIndexerClient({ url: indexer.graphqlUrl })
  await indexer.waitForBlock(await chain.client.getBlockNumber())
}

type Settled = Pick<BuiltBatch, 'logId' | 'root' | 'first' | 'count' | 'dataDigest' | 'data'>
let instances = 0

/** Data with the place at which it is to be settled: first in a log of its own. */
function placed(
  data: Uint8Array,
  [{ address }, signer] = us,
): Settled & { instance: `0x${string}` } {
  const instance = toHex(++instances, { size: 32 })
  const { chainId, addresses } = chain
  const log = { owner: address, sessionKey: signer.address, instance }
  const logId = logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog })
  const count = new DataView(data.buffer).getUint32(5)
  const root = rootOfData(logId, 0n, data)
  return { instance, logId, root, first: 0n, count, dataDigest: dataDigestOf(data), data }
}

async function settle(batch: ReturnType<typeof placed>, uri: string, [{ address }, signer] = us) {
  const log = { owner: address, sessionKey: signer.address, instance: batch.instance }
  const { first, count, root, dataDigest } = batch
  const { write } = chain.as(signer).log
  const hash = await write.settleExternal([log, first, count, root, dataDigest, stringToHex(uri)])
  return chain.mined(hash)
}

async function settleInline({ instance, first, count, root, data }: ReturnType<typeof placed>) {
  const log = { owner: owner.address, sessionKey: key.address, instance }
  const { write } = chain.as(key).log
  return chain.mined(await write.settleInline([log, first, count, root, toHex(data)]))
}

async function stateOf({ logId, root }: Settled) {
  const { items } = await getIndexedSettlements(client, { logId, root })
  const [it] = items
  return it && { dataState: it.dataState, dataProblem: it.dataProblem, loaded: Number(it.loaded) }
}

/** Lets blocks come until something is told of a batch. */
async function until(batch: Settled, dataState: string, timeout = 20_000) {
  await expect
    .poll(
      async () => {
        await chain.client.mine({ blocks: 1 })
        return (await stateOf(batch))?.dataState
      },
      { timeout, interval: 100 },
    )
    .toBe(dataState)
  return stateOf(batch)
}

const available = (count: number) => ({
  ...{ dataState: 'available', dataProblem: undefined, loaded: count },
})

test('default: fetched, checked, and here: its rows, and proofs that lead to the root', async () => {
  const { chainId, addresses } = chain
  const instance = toHex(++instances, { size: 32 })
  const log = { owner: owner.address, sessionKey: key.address, instance }
  const logId = logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog })
  const records = Array.from({ length: 300 }, (_, i) => ({
    ...{ modelId: toHex(i % 3, { size: 32 }), environmentId: toHex(i % 2, { size: 32 }) },
    ...{ commitment: toHex(1_000 + i, { size: 32 }), servedAt: 1_790_000_000_000n + BigInt(i) },
  }))
  const batch = buildBatch(logId, 0n, records, 'external')
  const { timestamp } = await settle({ ...batch, instance }, host.at('/first', batch.data))
  expect(await until(batch, 'available')).toEqual(available(300))
  const { inferences } = await client.query(
    `{ inferences(where: { logId: "${logId}" }, orderBy: "position", limit: 1000) { items {
      inferenceId sequence modelId environmentId commitment servedAt settledAt root owner } } }`,
    {},
  )
  expect(inferences).toEqual({
    items: inferencesOf(logId, 0n, records).map(({ sequence, servedAt, logId: _, ...it }) => ({
      ...{ ...it, sequence: String(sequence), servedAt: String(servedAt), root: batch.root },
      ...{ settledAt: String(timestamp), owner: owner.address.toLowerCase() },
      inferenceId: inferenceIdOf({ ...it, logId, sequence, servedAt }),
    })),
  })
  const inferenceId = inferenceIdOf(inferencesOf(logId, 0n, records)[299]!)
  // Checked by the client: it throws where the proof does not lead to the root.
  const proof = await getInferenceProof(client, { inferenceId })
  expect(proof).toMatchObject({ batch: { root: batch.root, mode: 'external' } })
})

test('behavior: put here before it is settled, it is here with its block, and asked of nobody', async () => {
  const batch = placed(bulkData(40))
  const store = httpStore(`${indexer.url}/batches`, { token })
  const { uri } = await store.put(batch.data, batch.dataDigest)
  expect(uri).toBe(`${indexer.url}/batches/${batch.dataDigest.slice(2)}`)
  const { blockNumber } = await settle(batch, host.at('/unasked', batch.data))
  await indexer.waitForBlock(blockNumber)
  expect(await stateOf(batch)).toEqual(available(40))
  expect(host.asked).not.toContain('/unasked')
  expect(await store.get(batch.dataDigest)).toEqual(batch.data)

  const path = `${indexer.url}/batches/${batch.dataDigest.slice(2)}`
  const strangers = await fetch(path, { method: 'PUT', body: new Uint8Array(batch.data) })
  expect(strangers.status).toBe(401)
})

test('behavior: put here after nobody gave it', async () => {
  const batch = placed(bulkData(30))
  await settle(batch, `${host.url}/nothing-there`)
  expect(await until(batch, 'unavailable')).toMatchObject({ dataProblem: 'not-found', loaded: 0 })
  const store = httpStore(`${indexer.url}/batches`, { token })
  await store.put(batch.data, batch.dataDigest)
  expect(await until(batch, 'available')).toEqual(available(30))
})

test('behavior: wrong, hanging and hostile ones are told apart, and hold up nobody', async () => {
  const wrong = { ...placed(bulkData(5)), root: zeroHash }
  const malformed = placed(bulkData(5))
  const garbage = new Uint8Array(1_000).fill(9)
  malformed.dataDigest = dataDigestOf(garbage)
  const refused = placed(bulkData(5))
  for (let i = 0; i < 10; i++) {
    const uri = host.at(`/hang/${i}`, () => undefined)
    await settle(placed(bulkData(3), others), uri, others)
  }
  await settle(wrong, host.at('/wrong', wrong.data))
  await settle(malformed, host.at('/malformed', garbage))
  await settle(refused, 'https://\0\u202e')
  // Inline, meanwhile.
  const inline = placed(bulkData(3))
  const { blockNumber } = await settleInline(inline)
  await indexer.waitForBlock(blockNumber, { timeoutMillis: 5_000 })
  expect(await stateOf(inline)).toEqual(available(3))
  expect(await until(refused, 'unavailable')).toMatchObject({ dataProblem: 'not-allowed' })
  expect(await until(wrong, 'invalid', 40_000)).toMatchObject({
    dataProblem: 'other-root',
    loaded: 0,
  })
  expect(await until(malformed, 'invalid')).toMatchObject({ dataProblem: 'no-batch-data' })
}, 60_000)

test('behavior: of a giant some rows come with each block, and a small one passes it', async () => {
  const giant = placed(bulkData(60_000))
  const small = placed(bulkData(50))
  await settle(giant, host.at('/giant', giant.data))
  await expect
    .poll(
      async () => {
        await chain.client.mine({ blocks: 1 })
        return (await stateOf(giant))?.loaded
      },
      { timeout: 30_000, interval: 50 },
    )
    .toBeGreaterThan(0)
  await settle(small, host.at('/small', small.data))
  await until(small, 'available')
  const inline = placed(bulkData(10))
  const { blockNumber } = await settleInline(inline)
  const began = performance.now()
  await indexer.waitForBlock(blockNumber)
  expect(performance.now() - began).toBeLessThan(1_000)
  expect(await stateOf(inline)).toEqual(available(10))
  expect(await stateOf(giant)).toMatchObject({ dataState: 'pending' })
  expect(await until(giant, 'available', 60_000)).toEqual(available(60_000))
}, 120_000)

test('behavior: all is read anew without any host', async () => {
  const before = await rows()
  await indexer.stop()
  host.asked.length = 0
  await start('anew')
  await expect
    .poll(
      async () => {
        await chain.client.mine({ blocks: 1 })
        return rows()
      },
      { timeout: 60_000, interval: 200 },
    )
    .toEqual(before)
  expect(
    host.asked.filter(
      (path) => !path.startsWith('/hang') && path !== '/wrong' && path !== '/malformed',
    ),
  ).toEqual([])
}, 120_000)

/** How many rows there are of each settlement that has any. */
async function rows() {
  const { items } = await getIndexedSettlements(client, { limit: 1_000 })
  return items
    .filter(({ dataState }) => dataState === 'available')
    .map(({ root, loaded }) => `${root} ${loaded}`)
    .sort()
}
