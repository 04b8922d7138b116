import { join } from 'node:path'
import { type Client, escapeIdentifier } from 'pg'
import { majorOf } from './backup.ts'
import { copyNamed, digestOf } from './backup-files.ts'
import {
  type BackupManifest,
  batchFolder,
  databaseFile,
  readBatchList,
  readManifest,
} from './backup-manifest.ts'
import { transaction, withDatabase } from './database.ts'
import { InvalidBackupError, VersionInUseError, WouldOverwriteError } from './errors.ts'
import { checkProgram, databaseArgument, type ProgramOptions, run } from './postgres-programs.ts'
import { reasonsToStay } from './prune.ts'
import { listVersions, readVersion } from './versions.ts'

export type RestoreOptions = ProgramOptions & {
  /** Where the backup is. */
  directory: string
  batchDirectory: string
  /** Digest of its manifest, as `backUp` gave it. Default: any; then only what happened by accident is noticed. */
  manifestSha256?: string
  /** Whether the version that is there under the name, and the cached blocks, are replaced. Default: no. */
  force?: boolean
}

/** What is there again. */
export type Restored = Pick<BackupManifest, 'schema' | 'buildId' | 'chains' | 'batches'>

/**
 * Brings back what a backup holds. A writer of the same version goes on from there. All of the backup is checked before anything is written;
 * the database comes back whole or not at all.
 *
 * @throws InvalidBackupError if the backup is broken off or altered.
 * @throws WouldOverwriteError if there is a version or there are cached blocks.
 * @throws VersionInUseError if somebody uses what is to be replaced.
 * @throws PostgresToolError if pg_restore is missing, too old, or fails.
 * @throws OperationsDatabaseError
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { databaseUrl, directory, batchDirectory, manifestSha256, force = false } = options
  const manifest = await readManifest(directory, manifestSha256)
  const batches = await readBatchList(directory)
  await checkBatches(directory, batches)
  const { schema, buildId, chains } = manifest

  await withDatabase(databaseUrl, `assay restore of ${schema}`, async (client) => {
    await checkProgram('pg_restore', Number.parseInt(manifest.postgres.dump, 10), options)
    if ((await majorOf(client)) < manifest.postgres.server) {
      throw new InvalidBackupError(
        directory,
        `it is of PostgreSQL ${manifest.postgres.server}, and this server is older`,
      )
    }
    await makeRoom(client, schema, force)
    await run(
      'pg_restore',
      [
        ...[databaseArgument, '--no-password', '--single-transaction', '--exit-on-error'],
        ...['--no-owner', '--no-privileges', join(directory, databaseFile)],
      ],
      options,
    )
    const version = await readVersion(client, schema)
    if (version?.buildId !== buildId || !sameChains(version.chains, chains)) {
      throw new InvalidBackupError(directory, 'its database is not what its manifest says')
    }
    // Its writer was alive when it was kept: nobody has to wait for that one.
    await client.query(
      `update ${escapeIdentifier(schema)}._ponder_meta set value = jsonb_set(value, '{is_locked}', '0')`,
    )
    // Without it the first queries would be planned as for empty tables.
    await client.query('analyze')
  })
  for (const name of batches.keys()) {
    const bytes = await copyNamed(join(directory, batchFolder), batchDirectory, name)
    if (bytes === undefined) throw new InvalidBackupError(directory, `batch ${name} was altered`)
  }
  return { schema, buildId, chains, batches: manifest.batches }
}

/** @throws InvalidBackupError if batch data is missing or has another digest. */
async function checkBatches(directory: string, batches: Map<string, number>): Promise<void> {
  for (const [name, bytes] of batches) {
    const found = await digestOf(join(directory, batchFolder, name)).catch((error: unknown) => {
      throw new InvalidBackupError(directory, `batch ${name} can't be read`, error)
    })
    if (found.bytes !== bytes || found.sha256 !== name) {
      throw new InvalidBackupError(directory, `batch ${name} was altered`)
    }
  }
}

async function makeRoom(client: Client, schema: string, force: boolean): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname in ($1, 'ponder_sync') order by 1`,
    [schema],
  )
  const there = rows.map(({ name }) => name)
  if (there.length === 0) return
  if (!force) {
    throw new WouldOverwriteError(
      `The database (it has the schema ${there.join(' and the schema ')})`,
      'Restore into an empty database, or replace what is there with --force.',
    )
  }
  await transaction(client, async () => {
    // Cached blocks are of all versions: none may be written meanwhile.
    for (const version of await listVersions(client)) {
      const by =
        version.written || version.schema === schema
          ? await reasonsToStay(client, version.schema)
          : []
      if (by.length > 0) throw new VersionInUseError(`The version in ${version.schema}`, by)
    }
    for (const name of there) await client.query(`drop schema ${escapeIdentifier(name)} cascade`)
  })
}

const sameChains = (a: Restored['chains'], b: Restored['chains']) =>
  JSON.stringify(a.map(({ chainId, block }) => [chainId, block])) ===
  JSON.stringify(b.map(({ chainId, block }) => [chainId, block]))
