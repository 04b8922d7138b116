import { InvalidArgumentError } from 'commander'
import { readOperationsSettings } from '../../settings.ts'
import { pruneChain } from '../prune-chain.ts'
import { pruneVersions } from '../prune.ts'
import { type AddCommand, inWords, type OutputOptions, tell } from './output.ts'

type Options = OutputOptions & { keep: number; dryRun?: boolean; chain?: number }

/** `prune`: takes away what nobody uses. */
export const addPrune: AddCommand = (program) => {
  program
    .command('prune')
    .summary('take away versions that nobody uses')
    .description(
      'Drops the versions that no process writes or reads and no views show, and says of the others who uses them. With --chain: what is cached of a chain that no version indexes.',
    )
    .option('--keep <n>', 'how many unused ones stay, those written last', whole, 0)
    .option('--chain <id>', 'take away what is cached of this chain, and no version', whole)
    .option('--dry-run', 'only say what would be done')
    .option('--json', 'print JSON alone')
    .addHelpText(
      'after',
      `
Examples:
  node indexer/main.ts prune --dry-run
  node indexer/main.ts prune --keep 1                   # the last one stays, to go back to
  node indexer/main.ts prune --chain 11155111`,
    )
    .action(async (options: Options) => {
      const { databaseUrl } = readOperationsSettings(process.env)
      const { keep, chain: chainId, dryRun = false } = options
      if (chainId !== undefined) {
        const result = await pruneChain({ databaseUrl, chainId, dryRun })
        tell(options, result, [
          `${dryRun ? 'There are' : 'Dropped'} of chain ${chainId}:`,
          ...Object.entries(result.rows).map(([table, rows]) => `  ${rows} ${table}`),
        ])
        return
      }
      const pruned = await pruneVersions({ databaseUrl, keep, dryRun })
      tell(
        options,
        pruned,
        pruned.flatMap((it) =>
          it.state === 'left'
            ? [`${it.schema}: left.`, ...it.because.map((reason) => `  ${reason}`)]
            : [`${it.schema}: ${it.state}, ${inWords(it.freed)}.`],
        ),
      )
    })
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
