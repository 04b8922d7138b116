import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { batchNames, copyNamed, digestOf, flush, isEmpty } from './backup-files.ts'
import {
  batchFolder,
  batchListFile,
  type BackupManifest,
  databaseFile,
  writeManifest,
} from './backup-manifest.ts'
import { transaction, withDatabase } from './database.ts'
import { NoSuchVersionError, WouldOverwriteError } from './errors.ts'
import { lockKey } from './locks.ts'
import { checkProgram, databaseArgument, type ProgramOptions, run } from './postgres-programs.ts'
import { readVersion } from './versions.ts'

export type BackupOptions = ProgramOptions & {
  /** Where it is written: a directory that is empty, or not there. */
  directory: string
  /** Schema of the version. */
  schema: string
  batchDirectory: string
}

/** What was kept. `damaged`: batch data that has another digest than its name, and was left out; the indexer fetches it anew. */
export type Backup = Omit<BackupManifest, 'format'> & { manifestSha256: string; damaged: string[] }

/**
 * Keeps a version, the cached blocks and the batch data, as they were at one moment, while writers and readers go on.
 *
 * @throws WouldOverwriteError if there is something in the directory.
 * @throws NoSuchVersionError if there is no version in the schema.
 * @throws PostgresToolError if pg_dump is missing, older than the server, or fails.
 * @throws OperationsDatabaseError
 */
export async function backUp(options: BackupOptions): Promise<Backup> {
  const { databaseUrl, directory, schema } = options
  if (!(await isEmpty(directory))) {
    throw new WouldOverwriteError(directory, 'Name a directory that is empty, or not there yet.')
  }
  const createdAt = Date.now()
  const database = await withDatabase(databaseUrl, `assay backup of ${schema}`, async (client) => {
    const server = await majorOf(client)
    const dump = await checkProgram('pg_dump', server, options)
    // Nobody takes the version away meanwhile.
    await client.query(`select pg_advisory_lock_shared(${lockKey('$1')})`, [schema])
    await mkdir(join(directory, batchFolder), { recursive: true })
    // What is said of the version and what is dumped are of one moment.
    return transaction(client, async () => {
      await client.query('set transaction isolation level repeatable read, read only')
      const version = await readVersion(client, schema)
      if (!version) throw new NoSuchVersionError(schema)
      const { rows } = await client.query<{ snapshot: string }>(
        'select pg_export_snapshot() as snapshot',
      )
      const path = join(directory, databaseFile)
      await run(
        'pg_dump',
        [
          ...[databaseArgument, '--format=custom', `--file=${path}`, '--no-password'],
          ...[`--snapshot=${rows[0]!.snapshot}`, '--no-owner', '--no-privileges'],
          ...[pattern(schema), pattern('ponder_sync')],
        ],
        options,
      )
      await flush(path)
      const { buildId, chains } = version
      return { buildId, chains, postgres: { server, dump }, database: await digestOf(path) }
    })
  })
  // After the database, so that of every settlement in it whose data was here the data is in the backup.
  const { batches, batchList, damaged } = await copyBatches(options)
  const manifest = { createdAt, schema, ...database, batchList, batches }
  return { ...manifest, manifestSha256: await writeManifest(directory, manifest), damaged }
}

/** Major version of the server. */
export async function majorOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num')
  return Math.floor(Number(rows[0]!.server_version_num) / 10_000)
}

/** pg_dump takes patterns, in which quotes keep a name as it is. */
const pattern = (schema: string) => `--schema="${schema.replaceAll('"', '""')}"`

async function copyBatches({ directory, batchDirectory }: BackupOptions) {
  const damaged: string[] = []
  const lines: string[] = []
  let sum = 0
  const folder = join(directory, batchFolder)
  for (const name of await batchNames(batchDirectory)) {
    const bytes = await copyNamed(batchDirectory, folder, name)
    if (bytes === undefined) {
      damaged.push(name)
      continue
    }
    sum += bytes
    lines.push(`${name} ${bytes}\n`)
  }
  const list = join(directory, batchListFile)
  await writeFile(list, lines.join(''))
  for (const path of [list, folder, directory]) await flush(path)
  const count = (await readdir(folder)).length
  return { batches: { count, bytes: sum }, batchList: await digestOf(list), damaged }
}
