import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  BreakingSwitchError,
  NoSuchVersionError,
  VersionBehindError,
  ViewsBusyError,
  ViewsSchemaTakenError,
} from '../../../indexer/operations/errors.ts'
import { switchViews, type SwitchViewsOptions } from '../../../indexer/operations/switch-views.ts'
import { shownBy } from '../../../indexer/operations/views.ts'
import { type RunningIndexer, startIndexer } from '../../../indexer/run.ts'
import { freePorts } from '../../support/free-ports.ts'
import { type Postgres, startPostgres } from '../../support/postgres.ts'
import { type LocalChain, startChain } from '../support/chain.ts'
import { type GrowingLog, startGrowingLog } from '../support/growing-log.ts'
import { copyIndexer, withoutReporter } from '../support/indexer-version.ts'
import { runCommand } from '../support/operations-command.ts'

let chain: LocalChain
let postgres: Postgres
let client: pg.Client
let directory: string
let log: GrowingLog
let other: Awaited<ReturnType<typeof copyIndexer>>
let one: RunningIndexer
let narrow: RunningIndexer
const lines: string[] = []

beforeAll(async () => {
  ;[chain, postgres, directory, other] = await Promise.all([
    startChain(),
    startPostgres(['fsync=off']),
    mkdtemp(join(tmpdir(), 'assay-switch-')),
    copyIndexer(withoutReporter),
  ])
  client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  log = await startGrowingLog(chain)
  await log.grow(4)
  one = await startWriter('one')
  await vi.waitUntil(async () => (await shown()) === 'one', { timeout: 30_000 })
  narrow = await startWriter('narrow', other.root)
  await narrow.waitForBlock(await chain.client.getBlockNumber())
}, 120_000)
afterAll(async () => {
  await Promise.allSettled([one, narrow].map((it) => it.stop()))
  await client.end()
  await postgres.stop()
  await chain.stop()
  await Promise.all([other.remove(), rm(directory, { recursive: true })])
})

async function startWriter(schema: string, root?: string): Promise<RunningIndexer> {
  const [port] = (await freePorts(1)) as [number]
  const { rpcUrl, wsUrl, chainId, addresses } = chain
  return startIndexer({
    ...{ rpcUrl, wsUrl, chainId, ...addresses, port, databaseUrl: postgres.url },
    ...{ schema, viewsSchema: 'views', directory: join(directory, schema) },
    onLog: (line) => lines.push(line),
    ...(root ? { root } : {}),
  })
}

const shown = () => shownBy(client, 'views')
const switchTo = (schema: string, options: Partial<SwitchViewsOptions> = {}) =>
  switchViews({ databaseUrl: postgres.url, viewsSchema: 'views', schema, ...options })
const env = () => ({ DATABASE_URL: postgres.url, ASSAY_VIEWS_SCHEMA: 'views' })

test('error: BreakingSwitchError: what readers use is missing; the writer leaves the views as they are', async () => {
  await expect.poll(() => lines.join('\n'), { timeout: 20_000 }).toContain('Readers of the version')
  const error: unknown = await switchTo('narrow').catch((it: unknown) => it)
  expect(error).toBeInstanceOf(BreakingSwitchError)
  expect((error as BreakingSwitchError).differences).toEqual([
    'environment_report.reporter is missing.',
  ])
  expect(await shown()).toBe('one')
  const { exitCode, said } = await runCommand(['switch', '--to', 'narrow'], env())
  expect(exitCode).toBe(1)
  expect(said).toMatchObject({ error: { name: 'BreakingSwitchError' } })
}, 60_000)

test('behavior: switched by hand with --breaking, and back again', async () => {
  const there = await runCommand(['switch', '--to', 'narrow', '--breaking'], env())
  expect(there.said).toMatchObject({ from: 'one', to: 'narrow', changed: true })
  const { said } = await runCommand(['versions'], env())
  expect(said).toContainEqual(expect.objectContaining({ schema: 'narrow', shownBy: ['views'] }))
  const back = await runCommand(['switch'], { ...env(), ASSAY_INDEXER_SCHEMA: 'one' })
  expect(back.said).toMatchObject({ from: 'narrow', to: 'one', changed: true })
  expect(await switchTo('one')).toMatchObject({ changed: false })
}, 60_000)

test('error: ViewsBusyError: a transaction that holds a view is waited for, and others hardly', async () => {
  const holder = new pg.Client({ connectionString: postgres.url })
  await holder.connect()
  await holder.query('begin; select count(*) from views.inference')
  const asking = new AbortController()
  let slowest = 0
  const asked = (async () => {
    while (!asking.signal.aborted) {
      const began = performance.now()
      // As Ponder's readers have it.
      await client.query(`set lock_timeout = 500; select count(*) from views.inference`)
      slowest = Math.max(slowest, performance.now() - began)
    }
  })()
  const options = { accept: ['breaking'], timeoutSeconds: 2 } as const
  await expect(switchTo('narrow', options)).rejects.toThrow(ViewsBusyError)
  asking.abort()
  await asked
  expect(slowest).toBeLessThan(500)
  expect(await shown()).toBe('one')
  await holder.query('rollback')
  await holder.end()
}, 30_000)

test('error: VersionBehindError: of blocks, and of the data of a batch; --behind switches all the same', async () => {
  // As it is while the data is awaited; Ponder's triggers are for its own sessions.
  await client.query(`set session_replication_role = replica`)
  await client.query(`update narrow.settlement set data_state = 'pending', loaded = 0`)
  await client.query(`set session_replication_role = origin`)
  await expect(switchTo('narrow', { accept: ['breaking'] })).rejects.toThrow(
    /External batches: 1 have fewer/,
  )
  await narrow.stop()
  await log.grow(3)
  await one.waitForBlock(await chain.client.getBlockNumber())
  await expect(switchTo('narrow', { accept: ['breaking'] })).rejects.toThrow(VersionBehindError)
  await expect(switchTo('narrow', { accept: ['breaking'] })).rejects.toThrow(
    /Chain 31337: block \d+, and \d+ is shown/,
  )
  expect(await switchTo('narrow', { accept: ['breaking', 'behind'] })).toMatchObject({
    changed: true,
  })
}, 30_000)

test('behavior: a writer that is started again does not take the views back', async () => {
  await one.stop()
  lines.length = 0
  one = await startWriter('one')
  await expect
    .poll(() => lines.join('\n'), { timeout: 40_000 })
    .toContain('shown this version before')
  expect(await shown()).toBe('narrow')
}, 90_000)

test('error: NoSuchVersionError, ViewsSchemaTakenError', async () => {
  await expect(switchTo('nothing')).rejects.toThrow(NoSuchVersionError)
  await expect(switchTo('one', { viewsSchema: 'ponder_sync' })).rejects.toThrow(
    ViewsSchemaTakenError,
  )
  await expect(switchTo('one', { viewsSchema: 'narrow' })).rejects.toThrow(ViewsSchemaTakenError)
})
