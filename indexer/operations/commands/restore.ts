import { resolve } from 'node:path'
import { readOperationsSettings } from '../../settings.ts'
import { restore } from '../restore.ts'
import { type AddCommand, type OutputOptions, tell } from './output.ts'

type Options = OutputOptions & { force?: boolean; sha256?: string }

/** `restore`: brings back what a backup holds. */
export const addRestore: AddCommand = (program) => {
  program
    .command('restore <directory>')
    .summary('bring back what a backup holds')
    .description(
      'Brings back the version, the cached blocks and the batch data of a backup, after all of it was checked. A writer of the same version goes on from there; views are made by it, or by `switch`. Needs pg_restore.',
    )
    .option('--force', 'replace the version and the cached blocks that are there')
    .option('--sha256 <digest>', 'refuse a manifest with another digest than `backup` gave')
    .option('--json', 'print JSON alone')
    .addHelpText(
      'after',
      `
Examples:
  node indexer/main.ts restore /backups/2026-11-22
  node indexer/main.ts restore /backups/2026-11-22 --force --json`,
    )
    .action(async (directory: string, options: Options) => {
      const settings = readOperationsSettings(process.env)
      const restored = await restore({
        ...{ ...settings, directory: resolve(directory) },
        ...(options.force ? { force: true } : {}),
        ...(options.sha256 ? { manifestSha256: options.sha256 } : {}),
      })
      const { schema, buildId, chains, batches } = restored
      tell(options, restored, [
        `${schema} (build ${buildId}) is back, and ${batches.count} batches.`,
        ...chains.map(({ chainId, block }) => `  chain ${chainId}: block ${block}`),
      ])
    })
}
