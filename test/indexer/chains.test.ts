import {
  createIndexerClient,
  findInferences,
  type FoundInference,
  getIndexedModel,
  getIndexedRows,
  getInferenceProof,
  getInferenceState,
  type IndexerClient,
  watchInferences,
} from '@assay/sdk'
import { modelIdOf } from '@assay/sdk/formats'
import { toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BenchChain, startBenchChain } from '../../bench/indexer/chain.ts'
import type { RunningIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { accountOf } from './support/chain.ts'
import { startRpcProxy } from './support/rpc-proxy.ts'
import { startEmbedded } from './support/start-embedded.ts'

const publisher = accountOf(3)
const model = {
  ...{ name: 'm', version: '1', uri: '' },
  ...{ manifestDigest: toHex(7n, { size: 32 }), signingRoot: zeroHash },
}
const modelId = modelIdOf({ publisher: publisher.address, ...model })

let busy: BenchChain
let quiet: BenchChain
let proxy: Awaited<ReturnType<typeof startRpcProxy>>
let indexer: RunningIndexer
let client: IndexerClient
beforeAll(async () => {
  busy = await startBenchChain({ chainId: 31_337 })
  quiet = await startBenchChain({ chainId: 31_338 })
  for (const chain of [busy, quiet]) {
    await chain.mined(await chain.as(publisher).models.write.publish([model]))
  }
  for (let i = 0; i < 3; i++) await busy.settle(20)
  await quiet.settle(7)
  proxy = await startRpcProxy(quiet.rpcUrl)
  const [port] = (await freePorts(1)) as [number]
  indexer = await startEmbedded({
    ...{ chainId: busy.chainId, rpcUrl: busy.rpcUrl, wsUrl: busy.wsUrl, ...busy.addresses, port },
    otherChains: [{ chainId: quiet.chainId, rpcUrl: proxy.rpcUrl, ...quiet.addresses }],
  })
  client = createIndexerClient({ url: indexer.graphqlUrl })
  await untilIndexed()
}, 120_000)
afterAll(async () => {
  await indexer.stop()
  await proxy.stop()
  await busy.stop()
  await quiet.stop()
})

async function untilIndexed() {
  for (const chain of [busy, quiet]) {
    const { chainId } = chain
    await indexer.waitForBlock(await chain.client.getBlockNumber(), { chainId })
  }
}

const idsOf = (rows: readonly { inferenceId: string }[]) => rows.map((it) => it.inferenceId)

test('default: both are there, and each by itself', async () => {
  // The same accounts made the same contracts: nothing but the chain tells them apart.
  expect(busy.addresses).toEqual(quiet.addresses)
  const { items } = await findInferences(client, { limit: 1_000 })
  expect(items).toHaveLength(67)
  expect(items.map(({ chainId }) => Number(chainId))).toEqual([
    ...Array.from({ length: 60 }, () => 31_337),
    ...Array.from({ length: 7 }, () => 31_338),
  ])
  const ofQuiet = await findInferences(client, { chainId: 31_338 })
  expect(idsOf(ofQuiet.items)).toEqual(idsOf(items.slice(60)))
  const pages: string[] = []
  for (let after: string | undefined, more = true; more;) {
    const page = await findInferences(client, { owner: busy.owner, limit: 9, after })
    pages.push(...idsOf(page.items))
    after = page.endCursor
    more = after !== undefined
  }
  expect(pages).toEqual(idsOf(items))
})

test('behavior: what has the same id on both chains has a row on each', async () => {
  const { items } = await getIndexedRows(client, 'model', { where: { modelId } })
  expect(items.map(({ chainId }) => chainId)).toEqual([31_337n, 31_338n])
  expect(await getIndexedModel(client, { modelId })).toEqual(items[0])
  expect(await getIndexedModel(client, { modelId, chainId: 31_338 })).toEqual(items[1])
  const owners = await getIndexedRows(client, 'owner', {})
  expect(owners.items.map(({ chainId, inferenceCount }) => [chainId, inferenceCount])).toEqual([
    [31_337n, 60n],
    [31_338n, 7n],
  ])
})

test('behavior: times are looked for on each chain', async () => {
  const { settledAt } = (await findInferences(client, { chainId: 31_338, limit: 1 })).items[0]!
  const { items } = await findInferences(client, { settledFrom: settledAt, limit: 1_000 })
  expect(items.every((it) => it.settledAt >= settledAt)).toBe(true)
  expect(items.filter(({ chainId }) => chainId === 31_338n)).toHaveLength(7)
  const before = await findInferences(client, { settledBefore: settledAt, limit: 1_000 })
  expect(before.items.length + items.length).toBe(67)
  for (const status of ['refuted', 'unknown', 'verified'] as const) {
    const found = await findInferences(client, { status, limit: 1_000 })
    expect(found.items).toHaveLength(status === 'verified' ? 67 : 0)
  }
})

test('behavior: a state and a proof are of the chain of their inference', async () => {
  const { items } = await findInferences(client, { chainId: 31_338, limit: 1 })
  const { inferenceId } = items[0]!
  const state = await getInferenceState(client, { inferenceId })
  expect(state).toMatchObject({ status: 'verified', inference: { chainId: 31_338n } })
  expect(state!.block).toBe(await quiet.client.getBlockNumber())
  const proof = await getInferenceProof(client, { inferenceId })
  expect(proof!.log).toMatchObject({ chainId: 31_338n })
})

test('behavior: a quiet chain holds back no busy one', async () => {
  const told: FoundInference[] = []
  const stop = watchInferences(client, {
    pollingInterval: 50,
    onInferences: (them) => told.push(...them),
  })
  const before = await quiet.client.getBlockNumber()
  // The watch has begun when it has seen that there is nothing new.
  await new Promise((resolve) => setTimeout(resolve, 300))
  const waits: number[] = []
  for (let i = 0; i < 30; i++) {
    const { hash } = await busy.settle(5)
    const { blockNumber } = await busy.client.waitForTransactionReceipt({ hash })
    const began = performance.now()
    await indexer.waitForBlock(blockNumber)
    waits.push(performance.now() - began)
  }
  expect(await quiet.client.getBlockNumber()).toBe(before)
  // The quiet one is polled each second: who waited for it would wait as long.
  expect(waits.toSorted((a, b) => a - b)[15]).toBeLessThan(500)
  const { hash } = await quiet.settle(3)
  await quiet.mined(hash)
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(153)
  stop()
  expect(told.filter(({ chainId }) => chainId === 31_338n)).toHaveLength(3)
  expect(new Set(idsOf(told)).size).toBe(153)
})

test('behavior: a chain whose endpoint is away holds back no other, and is named', async () => {
  await proxy.behave('down')
  for (let i = 0; i < 5; i++) await busy.settle(5)
  await indexer.waitForBlock(await busy.client.getBlockNumber(), { chainId: 31_337 })
  await expect
    .poll(async () => (await fetch(`${indexer.url}/ready`)).status, { timeout: 10_000 })
    .toBe(503)
  const answer = (await (await fetch(`${indexer.url}/ready`)).json()) as {
    chains: Record<string, { ready: boolean; head: string | null }>
  }
  expect(answer.chains).toMatchObject({
    31_337: { ready: true },
    31_338: { ready: false, head: null },
  })
  await proxy.behave('up')
  await quiet.settle(2)
  await untilIndexed()
  await expect
    .poll(async () => (await fetch(`${indexer.url}/ready`)).status, { timeout: 10_000 })
    .toBe(200)
}, 90_000)

test('error: a chain that is not indexed has nothing', async () => {
  const { items } = await findInferences(client, { chainId: 1 })
  expect(items).toEqual([])
  const answer = await fetch(`${indexer.url}/inferences?chainId=x`)
  expect(answer.status).toBe(400)
})
