import { resolve } from 'node:path'
import { readOperationsSettings } from '../../settings.ts'
import { backUp } from '../backup.ts'
import { type AddCommand, inWords, type OutputOptions, tell } from './output.ts'

/** `backup`: keeps a version, the cached blocks and the batch data. */
export const addBackup: AddCommand = (program) => {
  program
    .command('backup <directory>')
    .summary('keep a version, the cached blocks and the batch data')
    .description(
      'Keeps the version in ASSAY_INDEXER_SCHEMA, the cached blocks, and the data in ASSAY_BATCH_DIRECTORY, while all goes on. Needs pg_dump, no older than the server.',
    )
    .option('--schema <schema>', 'schema of the version (default: ASSAY_INDEXER_SCHEMA)')
    .option('--json', 'print JSON alone')
    .addHelpText(
      'after',
      `
Examples:
  node indexer/main.ts backup /backups/2026-11-22
  ASSAY_PG_BIN=/usr/lib/postgresql/18/bin node indexer/main.ts backup /backups/today --json`,
    )
    .action(async (directory: string, options: OutputOptions & { schema?: string }) => {
      const settings = readOperationsSettings(process.env)
      const backup = await backUp({
        ...settings,
        ...{ directory: resolve(directory), schema: options.schema ?? settings.schema },
      })
      const { schema, buildId, chains, database, batches, manifestSha256, damaged } = backup
      tell(options, backup, [
        `Kept ${schema} (build ${buildId}): ${inWords(database.bytes)}, and ${batches.count} batches of ${inWords(batches.bytes)}.`,
        ...chains.map(({ chainId, block }) => `  chain ${chainId}: block ${block}`),
        ...damaged.map((name) => `  left out, has another digest: ${name}`),
        `Its manifest has the SHA-256 ${manifestSha256}: kept elsewhere, it shows that nobody altered the backup.`,
      ])
    })
}
