import { createIndexerClient } from '@assay/sdk/query'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIndexer } from '../../indexer/run.ts'
import { createRandom } from '../contracts/support/random.ts'
import { freePorts } from '../support/free-ports.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type RandomChain, startRandomChain } from './support/random-chain.ts'
import { rebuild } from './support/rebuild.ts'
import { readTables, sorted } from './support/tables.ts'
import { untilLoaded } from './support/until-loaded.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const kills = long ? 50 : 5
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))

let chain: RandomChain
let postgres: Postgres
beforeAll(async () => {
  ;[chain, postgres] = await Promise.all([startRandomChain(seed), startPostgres(['fsync=off'])])
  await chain.operate(90)
  await chain.sayAnything(4)
}, 90_000)
afterAll(async () => {
  await postgres.stop()
  await chain.close()
})

/** How many rows of each table were those of an undisturbed run. */
const rowsCompared: Record<string, object> = {}
afterAll(async () => {
  if (!long) return
  const command = 'pnpm test:long indexer/kills'
  const user = process.getuid?.() === 0 ? 'root' : 'not root'
  const result = { command, node: process.version, user, seed, kills, rowsCompared }
  await writeFile(
    new URL('../../bench/results/indexer-kills.json', import.meta.url),
    `${JSON.stringify(result, null, 2)}\n`,
  )
})

/** An indexer that is killed, again and again, while blocks come; then one that may end its work. */
async function survive(database: { directory: string; databaseUrl?: string }) {
  const random = createRandom(seed)
  const [port] = (await freePorts(1)) as [number]
  const { rpcUrl, wsUrl, addresses } = chain
  const start = (onSpawn: (pid: number) => void) =>
    startIndexer({ chainId: 31_337, rpcUrl, wsUrl, port, onSpawn, ...addresses, ...database })
  for (let i = 0; i < kills; i++) {
    let noteKill: () => void
    const killed = new Promise<void>((resolve) => (noteKill = resolve))
    let spawned = false
    const started = start((pid) => {
      spawned = true
      // From before its first query until long after it has caught up.
      setTimeout(
        () => {
          killIfThere(pid)
          noteKill()
        },
        300 + random.below(long ? 6_000 : 3_500),
      )
    })
    // One that is killed before it serves gives its port back before it says so.
    const ended = started.catch((error: unknown) => {
      if (!spawned) throw error
      return undefined
    })
    const [running] = await Promise.all([ended, chain.operate(2)])
    await killed
    await running?.stop()
    // What was killed holds the schema for 25 s more, by its own clock: here that time is over at once.
    if (database.databaseUrl) await unlock(database.databaseUrl)
  }
  const indexer = await start(() => undefined)
  try {
    const client = createIndexerClient({ url: indexer.graphqlUrl })
    await untilLoaded(chain, indexer, client)
    const expected = await rebuild(chain.client, addresses)
    const actual = await readTables(client, Object.keys(expected))
    expect(sorted(actual), `ASSAY_TEST_SEED=${seed}`).toEqual(sorted(expected))
    return Object.fromEntries(Object.entries(actual).map(([name, rows]) => [name, rows.length]))
  } finally {
    await indexer.stop()
  }
}

/** One that could not open its database has been ended, and another follows. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function unlock(connectionString: string) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const locked = `update assay._ponder_meta set value = jsonb_set(value, '{is_locked}', '0')`
  // Killed before it had made the table.
  await client.query(locked).catch(() => undefined)
  await client.end()
}

describe(`killed ${kills} times, its rows are those of an undisturbed run`, () => {
  test('behavior: PostgreSQL', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'assay-kills-'))
    rowsCompared.postgres = await survive({ directory, databaseUrl: postgres.url })
    await rm(directory, { recursive: true })
  }, 900_000)

  // In the long run: `running` has an embedded database that is killed while its tables are made.
  test.runIf(long)(
    'behavior: PGlite',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'assay-kills-'))
      rowsCompared.pglite = await survive({ directory })
      await rm(directory, { recursive: true })
    },
    900_000,
  )
})
