import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VersionInUseError } from '../../../indexer/operations/errors.ts'
import { pruneChain } from '../../../indexer/operations/prune-chain.ts'
import { pruneVersions } from '../../../indexer/operations/prune.ts'
import { switchViews } from '../../../indexer/operations/switch-views.ts'
import { listVersions } from '../../../indexer/operations/versions.ts'
import { type RunningIndexer, startIndexer } from '../../../indexer/run.ts'
import { freePorts } from '../../support/free-ports.ts'
import { type Postgres, startPostgres } from '../../support/postgres.ts'
import { allIds } from '../support/asking-clients.ts'
import { type LocalChain, startChain } from '../support/chain.ts'
import { age, copyVersion } from '../support/copy-version.ts'
import { type GrowingLog, startGrowingLog } from '../support/growing-log.ts'
import { type Reader, startReader } from '../support/indexer-version.ts'

let chain: LocalChain
let postgres: Postgres
let log: GrowingLog
let directory: string
let client: pg.Client
let live: RunningIndexer
let direct: Reader
let byViews: Reader

beforeAll(async () => {
  ;[chain, postgres, directory] = await Promise.all([
    startChain(),
    startPostgres(['fsync=off']),
    mkdtemp(join(tmpdir(), 'assay-prune-')),
  ])
  log = await startGrowingLog(chain)
  await log.grow(5)
  client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  live = await makeVersion('live')
  await (await makeVersion('shown')).stop()
  await age(client, 'shown')
  for (const schema of ['unused_1', 'unused_2', 'unused_3', 'read']) {
    await copyVersion(client, 'shown', schema)
  }
  await switchViews({ databaseUrl: postgres.url, viewsSchema: 'views', schema: 'shown' })
  const databaseUrl = await readerUrl()
  direct = await startReader(chain, { databaseUrl: postgres.url, schema: 'read' })
  byViews = await startReader(chain, { databaseUrl, schema: 'views' })
}, 240_000)
afterAll(async () => {
  await Promise.allSettled([live, direct, byViews].map((it) => it.stop()))
  await client.end()
  await postgres.stop()
  await chain.stop()
  await rm(directory, { recursive: true })
})

async function makeVersion(schema: string): Promise<RunningIndexer> {
  const [port] = (await freePorts(1)) as [number]
  const { rpcUrl, wsUrl, chainId, addresses } = chain
  const writer = await startIndexer({
    ...{ wsUrl, chainId, ...addresses, port, schema, databaseUrl: postgres.url },
    ...{ directory: join(directory, schema), rpcUrl: [rpcUrl, rpcUrl, rpcUrl] },
  })
  await writer.waitForBlock(await chain.client.getBlockNumber())
  return writer
}

/** The role that docs/operations.md gives to readers. */
async function readerUrl(): Promise<string> {
  await client.query(`
    create role assay_reader login;
    grant usage on schema views to assay_reader;
    grant select on all tables in schema views to assay_reader`)
  return postgres.url.replace('assay@', 'assay_reader@')
}

const schemas = async () => (await listVersions(client)).map(({ schema }) => schema).sort()

test('behavior: each version says who uses it', async () => {
  const versions = await listVersions(client)
  const users = Object.fromEntries(
    versions.map(({ schema, usedBy }) => [schema, usedBy.map(({ name }) => name)]),
  )
  expect(users).toEqual({
    live: ['assay writer of live'],
    read: ['assay reader of read'],
    shown: ['assay reader of views'],
    ...{ unused_1: [], unused_2: [], unused_3: [] },
  })
  expect(versions.filter(({ written }) => written).map(({ schema }) => schema)).toEqual(['live'])
  expect(versions.find(({ schema }) => schema === 'shown')?.shownBy).toEqual(['views'])
  expect(
    versions.every(({ ready, bytes, chains }) => ready && bytes > 0 && chains.length === 1),
  ).toBe(true)
})

test('behavior: a reader with no more rights than it needs answers, after a switch too', async () => {
  await switchViews({ databaseUrl: postgres.url, viewsSchema: 'views', schema: 'unused_3' })
  expect(await allIds(byViews.url)).toEqual(log.ids)
  await switchViews({ databaseUrl: postgres.url, viewsSchema: 'views', schema: 'shown' })
  expect(await allIds(byViews.url)).toEqual(log.ids)
  const reader = new pg.Client({
    connectionString: await Promise.resolve(postgres.url.replace('assay@', 'assay_reader@')),
  })
  await reader.connect()
  for (const refused of [
    'select * from shown.inference',
    'select * from ponder_sync.blocks',
    'delete from views.inference',
    'create schema mine',
  ]) {
    await expect(reader.query(refused)).rejects.toThrow('permission denied')
  }
  await reader.end()
})

test('behavior: only what nobody uses is dropped, the newest stay, by two at once', async () => {
  const options = { databaseUrl: postgres.url, keep: 1 }
  const planned = await pruneVersions({ ...options, dryRun: true })
  expect(await schemas()).toHaveLength(6)
  const runs = await Promise.all([pruneVersions(options), pruneVersions(options)])
  const dropped = runs.flat().filter(({ state }) => state === 'dropped')
  expect(dropped.map(({ schema }) => schema).sort()).toEqual(['unused_1', 'unused_2'])
  expect(
    planned
      .filter(({ state }) => state === 'would be dropped')
      .map(({ schema }) => schema)
      .sort(),
  ).toEqual(['unused_1', 'unused_2'])
  expect(await schemas()).toEqual(['live', 'read', 'shown', 'unused_3'])
  const because = Object.fromEntries(
    planned.map((it) => [it.schema, 'because' in it ? it.because.join(' ') : '']),
  )
  expect(because.live).toMatch(/assay writer of live/)
  expect(because.read).toMatch(/assay reader of read/)
  expect(because.shown).toMatch(/assay reader of views|views in views show it/)
  // All that is used goes on.
  await log.grow(2)
  await live.waitForBlock(await chain.client.getBlockNumber())
  expect(await allIds(live.url)).toEqual(log.ids)
  expect(await allIds(direct.url)).toEqual(log.ids.slice(0, 5))
  expect(await allIds(byViews.url)).toEqual(log.ids.slice(0, 5))
}, 60_000)

test('behavior: without its reader, views alone keep a version', async () => {
  await byViews.stop()
  await expect
    .poll(() => pruneVersions({ databaseUrl: postgres.url, keep: 1, dryRun: true }))
    .toContainEqual(
      expect.objectContaining({ schema: 'shown', because: ['The views in views show it.'] }),
    )
})

test('behavior: a sign of life of the last minute keeps a version that has no writer', async () => {
  await client.query(
    `update unused_3._ponder_meta set value = jsonb_set(value, '{heartbeat_at}', $1)`,
    [String(Date.now())],
  )
  const pruned = await pruneVersions({ databaseUrl: postgres.url })
  expect(pruned.find(({ schema }) => schema === 'unused_3')?.state).toBe('left')
  await client.query(
    `update unused_3._ponder_meta set value = jsonb_set(value, '{heartbeat_at}', '0')`,
  )
})

test('error: a reader that starts while its version is dropped works or says why not', async () => {
  const [started, pruned] = await Promise.allSettled([
    startReader(chain, { databaseUrl: postgres.url, schema: 'unused_3' }),
    new Promise((resolve) => setTimeout(resolve, 1_500)).then(() =>
      pruneVersions({ databaseUrl: postgres.url }),
    ),
  ])
  expect(pruned.status).toBe('fulfilled')
  const there = (await schemas()).includes('unused_3')
  if (started.status === 'rejected') {
    expect(String(started.reason)).toMatch(/was taken away|Schema does not exist/)
    expect(there).toBe(false)
    return
  }
  const reader = started.value
  if (there) expect(await allIds(reader.url)).toEqual(log.ids.slice(0, 5))
  else await expect(reader.ended).rejects.toThrow(/was taken away/)
  await reader.stop()
}, 60_000)

test('error: a reader whose version is dropped by hand ends, and says why', async () => {
  await client.query('drop schema read cascade')
  await expect(direct.ended).rejects.toThrow(/The schema read was taken away/)
}, 30_000)

test('error: VersionInUseError: what is cached of a chain that is indexed stays; of another it goes', async () => {
  await client.query(
    `insert into ponder_sync.intervals select fragment_id || '/7', 7, blocks from ponder_sync.intervals`,
  )
  const { chainId } = chain
  await expect(pruneChain({ databaseUrl: postgres.url, chainId })).rejects.toThrow(
    VersionInUseError,
  )
  const count = () =>
    client
      .query('select count(*)::int as n from ponder_sync.intervals')
      .then(({ rows }) => (rows[0] as { n: number }).n)
  const before = await count()
  const { rows } = await pruneChain({ databaseUrl: postgres.url, chainId: 7 })
  expect(rows.intervals).toBe(before / 2)
  expect(await count()).toBe(before / 2)
})
