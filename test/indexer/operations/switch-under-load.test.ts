import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shownBy } from '../../../indexer/operations/views.ts'
import { parseLogLine } from '../../../indexer/process.ts'
import { type RunningIndexer, startIndexer } from '../../../indexer/run.ts'
import { freePorts } from '../../support/free-ports.ts'
import { type Postgres, startPostgres } from '../../support/postgres.ts'
import { ask, startAsking } from '../support/asking-clients.ts'
import { type LocalChain, startChain } from '../support/chain.ts'
import { startGrowingLog } from '../support/growing-log.ts'
import {
  copyIndexer,
  type Reader,
  startReader,
  withLastSequence,
} from '../support/indexer-version.ts'

type Said = { msg?: string; from?: string | null; lockedMillis?: number }

let chain: LocalChain
let postgres: Postgres
let next: Awaited<ReturnType<typeof copyIndexer>>
let directory: string
const running: (RunningIndexer | Reader)[] = []
const lines: string[] = []

beforeAll(async () => {
  ;[chain, postgres, next, directory] = await Promise.all([
    startChain(),
    startPostgres(['fsync=off']),
    copyIndexer(withLastSequence),
    mkdtemp(join(tmpdir(), 'assay-switch-')),
  ])
}, 90_000)
afterAll(async () => {
  await Promise.allSettled(running.map((it) => it.stop()))
  await postgres.stop()
  await chain.stop()
  await Promise.all([next.remove(), rm(directory, { recursive: true })])
})

async function startWriter(schema: string, root?: string): Promise<RunningIndexer> {
  const [port] = (await freePorts(1)) as [number]
  const { rpcUrl, wsUrl, chainId, addresses } = chain
  const writer = await startIndexer({
    ...{ wsUrl, chainId, ...addresses, port, databaseUrl: postgres.url },
    // Several times, so that it is asked as often as it takes to catch up.
    rpcUrl: [rpcUrl, rpcUrl, rpcUrl, rpcUrl],
    ...{ schema, viewsSchema: 'assay', directory: join(directory, schema) },
    onLog: (line) => lines.push(line),
    ...(root ? { root } : {}),
  })
  running.push(writer)
  return writer
}

async function serve(root?: string): Promise<Reader> {
  const reader = await startReader(chain, {
    ...{ databaseUrl: postgres.url, schema: 'assay' },
    ...(root ? { root } : {}),
  })
  running.push(reader)
  return reader
}

const shown = async () => {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  return shownBy(client, 'assay').finally(() => client.end())
}

test('default: a version takes the place of another, and nobody who asks notices', async () => {
  const log = await startGrowingLog(chain)
  await log.grow(20)
  const first = await startWriter('assay_1')
  await expect.poll(shown, { timeout: 30_000 }).toBe('assay_1')
  const old = [await serve(), await serve()]
  const readers = old.map(({ url }) => url)
  const growing = log.growOn(3, 300)
  const clients = startAsking(2, readers, log)

  await startWriter('assay_2', next.root)
  await expect.poll(shown, { timeout: 60_000 }).toBe('assay_2')
  const atSwitch = clients.answers()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  await first.stop()
  for (const [i, reader] of old.entries()) {
    const successor = await serve(next.root)
    readers[i] = successor.url
    // What was asked of it before is answered.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await reader.stop()
  }
  await growing.stop()
  const total = log.ids.length
  const question = `{ settlements(orderBy: "position", orderDirection: "desc", limit: 1) { items { lastSequence } } }`
  for (const url of readers) {
    await expect
      .poll(() => ask(url, question), { timeout: 10_000 })
      .toEqual({ settlements: { items: [{ lastSequence: String(total - 1) }] } })
  }
  const { answers, slowestMillis } = await clients.stop()

  expect(clients.problems).toEqual([])
  expect(atSwitch.every((it) => it > 0)).toBe(true)
  expect(answers).toBeGreaterThan(100)
  const said = lines.flatMap((it) => (parseLogLine(it) as Said | undefined) ?? [])
  const switches = said.filter(({ msg }) => msg === 'The views show this version')
  expect(switches.map(({ from }) => from)).toEqual([null, 'assay_1'])
  console.log(
    JSON.stringify({
      inferences: total,
      answers,
      slowestMillis,
      lockedMillis: switches[1]?.lockedMillis,
    }),
  )
}, 180_000)
