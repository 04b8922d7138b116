import { createIndexerClient } from '@assay/sdk/query'
import { spawn } from 'node:child_process'
import {
  access,
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backup, backUp } from '../../../indexer/operations/backup.ts'
import {
  InvalidBackupError,
  PostgresToolError,
  VersionInUseError,
  WouldOverwriteError,
} from '../../../indexer/operations/errors.ts'
import { restore } from '../../../indexer/operations/restore.ts'
import { startIndexer } from '../../../indexer/run.ts'
import { freePorts } from '../../support/free-ports.ts'
import { installedPrograms, type Postgres, startPostgres } from '../../support/postgres.ts'
import { type RandomChain, startRandomChain } from '../support/random-chain.ts'
import { hasExternalData, rebuild } from '../support/rebuild.ts'
import { readTables, sorted } from '../support/tables.ts'
import { untilLoaded } from '../support/until-loaded.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const programs = await installedPrograms()
const inContinuousIntegration = process.env.CI === 'true'
if (!programs) {
  console.warn(
    'No PostgreSQL with pg_dump is installed: backups are not tested. `apt-get install postgresql`, or set ASSAY_PG_BIN.',
  )
}

test.runIf(inContinuousIntegration)('a PostgreSQL with pg_dump is installed', () => {
  expect(programs).toBeDefined()
})

describe.skipIf(!programs)('with an installed PostgreSQL', () => {
  let chain: RandomChain
  let postgres: Postgres
  let scratch: string
  let backup: Backup
  const path = (name: string) => join(scratch, name)
  beforeAll(async () => {
    ;[chain, postgres, scratch] = await Promise.all([
      startRandomChain(seed),
      startPostgres(['fsync=off'], programs),
      mkdtemp(join(tmpdir(), 'assay-backup-')),
    ])
    await chain.operate(80)
    await chain.sayAnything(3)
    // A backup has batch data to keep.
    await chain.operateUntil(async () =>
      hasExternalData(await rebuild(chain.client, chain.addresses)),
    )
  }, 90_000)
  afterAll(async () => {
    await postgres.stop()
    await chain.close()
    await rm(scratch, { recursive: true })
  })

  async function database(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(`create database ${name}`).finally(() => client.end())
    return postgres.url.replace(/\/postgres$/, `/${name}`)
  }

  async function startWriter(databaseUrl: string, batchDirectory: string) {
    const [port] = (await freePorts(1)) as [number]
    const { rpcUrl, wsUrl, addresses } = chain
    return startIndexer({
      ...{ chainId: 31_337, wsUrl, port, ...addresses, databaseUrl, batchDirectory },
      ...{ directory: path('ponder'), rpcUrl: [rpcUrl, rpcUrl, rpcUrl] },
    })
  }

  /** Waits until all is indexed, and holds every row against the chain's events. */
  async function expectAllRows(indexer: Awaited<ReturnType<typeof startWriter>>) {
    const client = createIndexerClient({ url: indexer.graphqlUrl })
    await untilLoaded(chain, indexer, client)
    const expected = await rebuild(chain.client, chain.addresses)
    const actual = await readTables(client, Object.keys(expected))
    expect(sorted(actual), `ASSAY_TEST_SEED=${seed}`).toEqual(sorted(expected))
  }

  const schemasOf = async (connectionString: string) => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    const { rows } = await client
      .query<{ name: string }>(
        `select nspname as name from pg_namespace where nspname in ('assay', 'ponder_sync')`,
      )
      .finally(() => client.end())
    return rows.map(({ name }) => name).sort()
  }
  const from = () => ({
    databaseUrl: postgres.url,
    schema: 'assay',
    batchDirectory: path('batches'),
    postgresPrograms: programs,
  })

  test('default: kept while blocks come; restored elsewhere, a writer goes on, and has all rows', async () => {
    const writer = await startWriter(postgres.url, path('batches'))
    await writer.waitForBlock(await chain.client.getBlockNumber())
    const client = createIndexerClient({ url: writer.graphqlUrl })
    await untilLoaded(chain, writer, client)
    // Data of another batch than its name says, and what somebody put there.
    await writeFile(path(`batches/${'0'.repeat(64)}`), 'no such data')
    await writeFile(path('batches/notes.txt'), 'mine')
    ;[backup] = await Promise.all([
      backUp({ ...from(), directory: path('kept') }),
      chain.operate(15),
    ])
    expect(backup.damaged).toEqual(['0'.repeat(64)])
    expect(backup.batches.count).toBeGreaterThan(0)
    await expectAllRows(writer)
    await writer.stop()

    await chain.operate(10)
    const databaseUrl = await database('elsewhere')
    const restored = await restore({
      ...from(),
      databaseUrl,
      directory: path('kept'),
      batchDirectory: path('other'),
      manifestSha256: backup.manifestSha256,
    })
    expect(restored.chains).toEqual(backup.chains)
    expect((await readdir(path('other'))).sort()).toEqual(
      (await readdir(path('kept/batches'))).sort(),
    )
    const successor = await startWriter(databaseUrl, path('other'))
    await expectAllRows(successor)

    const over = { ...from(), databaseUrl, directory: path('kept') }
    await expect(restore(over)).rejects.toThrow(WouldOverwriteError)
    await expect(restore({ ...over, force: true })).rejects.toThrow(VersionInUseError)
    await successor.stop()
    const aged = new pg.Client({ connectionString: databaseUrl })
    await aged.connect()
    await aged.query(
      `update assay._ponder_meta set value = jsonb_set(value, '{heartbeat_at}', '0')`,
    )
    await aged.end()
    await restore({ ...over, force: true })
    const again = await startWriter(databaseUrl, path('other'))
    await expectAllRows(again)
    await again.stop()
  }, 180_000)

  const alterations: [string, (directory: string) => Promise<unknown>][] = [
    ['the manifest is missing', (it) => rm(join(it, 'manifest.json'))],
    ['the manifest is cut off', (it) => truncate(join(it, 'manifest.json'), 300)],
    ['the manifest is another', (it) => appendFile(join(it, 'manifest.json'), ' ')],
    [
      'the manifest is too long',
      (it) => appendFile(join(it, 'manifest.json'), ' '.repeat(2_000_000)),
    ],
    ['the dump is cut off', (it) => truncate(join(it, 'database.dump'), 5_000)],
    ['the dump is altered', (it) => flipByte(join(it, 'database.dump'))],
    [
      'the list of batches is altered',
      (it) => appendFile(join(it, 'batches.txt'), `${'1'.repeat(64)} 5\n`),
    ],
    [
      'a batch is missing',
      async (it) => rm(join(it, 'batches', (await readdir(join(it, 'batches')))[0]!)),
    ],
    [
      'a batch is altered',
      async (it) => flipByte(join(it, 'batches', (await readdir(join(it, 'batches')))[0]!)),
    ],
  ]
  test.each(alterations)('error: InvalidBackupError: %s', async (name, alter) => {
    const directory = path(name.replaceAll(' ', '-'))
    await cp(path('kept'), directory, { recursive: true })
    await alter(directory)
    const databaseUrl = await database(`altered_${name.replaceAll(' ', '_')}`)
    const { manifestSha256 } = backup
    await expect(
      restore({ ...from(), databaseUrl, directory, batchDirectory: path('none'), manifestSha256 }),
    ).rejects.toThrow(InvalidBackupError)
    expect(await schemasOf(databaseUrl)).toEqual([])
    await expect(access(path('none'))).rejects.toThrow('ENOENT')
  })

  test('error: a backup that was killed is noticed, and not written over', async () => {
    const directory = path('killed')
    const main = fileURLToPath(new URL('../../../indexer/main.ts', import.meta.url))
    const child = spawn(process.execPath, [main, 'backup', directory], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DATABASE_URL: postgres.url,
        ASSAY_PG_BIN: programs,
        ASSAY_BATCH_DIRECTORY: path('batches'),
      },
      stdio: 'ignore',
    })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    await expect
      .poll(
        () =>
          access(join(directory, 'database.dump')).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000, interval: 2 },
      )
      .toBe(true)
    child.kill('SIGKILL')
    await exited
    expect(await readdir(directory)).not.toContain('manifest.json')
    await expect(
      restore({ ...from(), databaseUrl: await database('killed'), directory }),
    ).rejects.toThrow(InvalidBackupError)
    await expect(backUp({ ...from(), directory })).rejects.toThrow(WouldOverwriteError)
    expect((await backUp({ ...from(), directory: path('anew') })).batches.count).toBe(
      (await readdir(path('batches'))).length - 2,
    )
  }, 60_000)

  test('error: PostgresToolError: no pg_dump, or one that is older than the server', async () => {
    const missing = { ...from(), postgresPrograms: path('nowhere'), directory: path('never') }
    await expect(backUp(missing)).rejects.toThrow(/There is no pg_dump in .*ASSAY_PG_BIN/s)
    const old = path('old')
    await mkdir(old)
    await writeFile(join(old, 'pg_dump'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n', {
      mode: 0o755,
    })
    await expect(backUp({ ...missing, postgresPrograms: old })).rejects.toThrow(PostgresToolError)
    await expect(access(path('never'))).rejects.toThrow('ENOENT')
  })
})

async function flipByte(path: string) {
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  await writeFile(path, bytes)
}
