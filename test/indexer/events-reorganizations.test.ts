/** Events of owners while blocks come and are taken back, the indexer is killed, and connections break: what was told is what is there. */
import {
  createIndexerClient,
  type IndexerClient,
  type OwnerEvent,
  watchOwnerEvents,
} from '@assay/sdk/query'
import type { Hex } from 'viem'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningIndexer, startIndexer } from '../../indexer/run.ts'
import { createRandom } from '../contracts/support/random.ts'
import { freePorts } from '../support/free-ports.ts'
import { type EventGateway, startEventGateway } from './support/event-gateway.ts'
import { type RandomChain, startRandomChain } from './support/random-chain.ts'
import { rebuild, type Tables } from './support/rebuild.ts'
import { preparedDirectory } from './support/start-embedded.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const rounds = process.env.ASSAY_TEST_LONG === '1' ? 120 : 5
const random = createRandom(seed)
const first = ['reorganize', 'breakOff', 'kill', 'blocks'] as const

let chain: RandomChain
let gateway: EventGateway
let indexer: RunningIndexer
let client: IndexerClient
let directory: string
let port: number
let pid = 0
/** What verdicts may speak of. */
let judged: (readonly [kind: number, subject: Hex])[]
const ending = new AbortController()
beforeAll(async () => {
  chain = await startRandomChain(seed)
  await chain.operate(120)
  directory = await preparedDirectory()
  ;[port] = (await freePorts(1)) as [number]
  await start()
  gateway = await startEventGateway(`http://127.0.0.1:${port}`)
  client = createIndexerClient({ url: `${gateway.url}/graphql` })
}, 240_000)
afterAll(async () => {
  ending.abort()
  await gateway.stop()
  await indexer.stop()
  await chain.close()
  await rm(directory, { recursive: true, force: true })
})

async function start() {
  const { rpcUrl, wsUrl, addresses } = chain
  indexer = await startIndexer({
    ...{ chainId: 31_337, rpcUrl, wsUrl, port, ...addresses, directory, timeoutMillis: 180_000 },
    onSpawn: (id) => (pid = id),
  })
}

/** What somebody has of an owner who does as the page says: the last of each name counts, and what was removed does not. */
function follow(owner: Hex) {
  const has = new Map<string, object>()
  let removals = 0
  const keyOf = (it: Exclude<OwnerEvent, { type: 'live' | 'removed' }>) =>
    it.type === 'settlement' ? `${it.logId} ${it.root}` : it.verdictId
  const ended = (async () => {
    const { signal } = ending
    const parameters = { owner, after: '0', retryMillis: 50, signal }
    for await (const event of watchOwnerEvents(client, parameters)) {
      if (event.type === 'removed') {
        removals++
        has.delete(keyOf({ ...event.event, after: '' }))
      } else if (event.type !== 'live') {
        const { after: _, ...rest } = event
        has.set(keyOf(event), rest)
      }
    }
  })()
  return { owner, has, removals: () => removals, ended }
}

/** What the chain's events say of an owner, in the order of the chain. */
function expectedOf(owner: string, tables: Tables): object[] {
  const rowsBy = (table: string, key: string, of: string) =>
    new Map(tables[table]!.map((row) => [row[key], row[of]]))
  const ownersOf: Record<string, Map<unknown, unknown>> = {
    inference: rowsBy('inference', 'inferenceId', 'owner'),
    model: rowsBy('model', 'modelId', 'publisher'),
    environment: rowsBy('environment', 'environmentId', 'registrant'),
  }
  const placed = (position: unknown) => {
    const it = BigInt(position as string)
    return `${it >> 128n}-${(it >> 64n) & (2n ** 64n - 1n)}-${(it >> 32n) & 0xffff_ffffn}`
  }
  const settlements = tables
    .settlement!.filter((row) => row.owner === owner)
    .map((row) => `${placed(row.position)} ${row.root as string} ${row.transactionHash as string}`)
  const verdicts = tables
    .verdict!.filter((row) => ownersOf[row.subjectKind as string]?.get(row.subject) === owner)
    .map(
      (row) =>
        `${placed(row.changedPosition)} ${row.verdictId as string} ${row.withdrawnAt as string}`,
    )
  return [settlements, verdicts].map((it) => it.sort())
}

function told(has: ReadonlyMap<string, object>): object[] {
  const all = [...has.values()] as Record<string, string | bigint | undefined>[]
  const settlements = all.filter(({ type }) => type === 'settlement')
  const verdicts = all.filter(({ type }) => type === 'verdict')
  return [
    settlements.map((it) => `${it.place} ${it.root} ${it.transactionHash}`).sort(),
    verdicts.map((it) => `${it.place} ${it.verdictId} ${it.withdrawnAt ?? null}`).sort(),
  ]
}

const head = () => chain.client.getBlockNumber()

/** Takes back the last blocks, and puts others in their place, one more. */
async function reorganize(depth: number) {
  const snapshot = await chain.snapshot()
  await chain.judge(judged, 1)
  await chain.operateInBlocks(depth)
  if (random.below(2)) await indexer.waitForBlock(await head()).catch(() => undefined)
  await snapshot.revert()
  await chain.judge(judged, 1)
  await chain.operateInBlocks(depth + 1)
}

async function killAndStart() {
  const { ended } = indexer
  process.kill(pid, 'SIGKILL')
  await ended.catch(() => undefined)
  // What is left of it is its gateway, which has the port.
  await indexer.stop()
  await chain.operate(random.below(4))
  await start()
}

test(`behavior: ${rounds} times something goes wrong: all that is there was told, and nothing else stands`, async () => {
  const tables = await rebuild(chain.client, chain.addresses)
  const subjects = ['settlement', 'model', 'environment'].flatMap((name) => tables[name]!)
  const owners = new Set(subjects.map((row) => row.owner ?? row.publisher ?? row.registrant))
  const all = [...owners].filter(Boolean).map((owner) => follow(owner as Hex))
  judged = [
    ...tables.model!.map((row) => [0, row.modelId as Hex] as const),
    ...tables.environment!.map((row) => [1, row.environmentId as Hex] as const),
    ...tables.inference!.slice(0, 5).map((row) => [2, row.inferenceId as Hex] as const),
  ]
  for (let i = 0; i < rounds; i++) {
    // Each once, however few rounds there are.
    const what = first[i] ?? random.weighted({ blocks: 3, reorganize: 5, breakOff: 3, kill: 1 })
    if (what === 'blocks') await chain.judge(judged, 1 + random.below(8))
    if (what === 'reorganize') await reorganize(1 + random.below(12))
    if (what === 'breakOff') gateway.breakOff()
    if (what === 'kill') await killAndStart()
    await new Promise((resolve) => setTimeout(resolve, random.below(600)))
  }
  await indexer.waitForBlock(await head())
  for (const { owner, has } of all) {
    const read = async () => {
      await chain.mine()
      return told(has)
    }
    const expected = expectedOf(owner, await rebuild(chain.client, chain.addresses))
    await expect
      .poll(read, { timeout: 30_000, interval: 300, message: `ASSAY_TEST_SEED=${seed}` })
      .toEqual(expected)
  }
  const counts = all.map(({ has, removals }) => [has.size, removals()])
  console.log(`[told, removed] of each owner: ${JSON.stringify(counts)}`)
  expect(all.some(({ has }) => has.size > 0)).toBe(true)
}, 1_800_000)
