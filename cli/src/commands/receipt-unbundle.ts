import { exitCodeHelp } from '../exit-code-help.ts'
import type { OutputOptions } from '../output/deliver.ts'
import { type AddCommand, terminalOf } from './global-options.ts'

/** `assay receipt unbundle`: the receipts of a bundle as they went in. */
export const addUnbundle: AddCommand = (parent, end) => {
  const command = parent
    .command('unbundle')
    .summary('take the receipts out of a bundle')
    .description('Takes the receipts out of a bundle as they went in. Nothing of them is checked.')
    .argument('<input>', 'a file, or - for standard input')
    .option('-o, --output <directory>', 'where they go (default: standard output, one a line)')
    .option('--force', 'replace files that are there')
    .addHelpText(
      'after',
      `
Examples:
  assay receipt unbundle receipts.jsonl -o unpacked
  assay receipt unbundle receipts.jsonl | head -n 1 | assay receipt show -
${exitCodeHelp}`,
    )
    .action(async (input: string) => {
      const { unbundle } = await import('../receipt/unbundle.ts')
      await unbundle(input, command.optsWithGlobals<OutputOptions>(), terminalOf(command))
      end(0)
    })
}
