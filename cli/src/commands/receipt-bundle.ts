import { exitCodeHelp } from '../exit-code-help.ts'
import type { OutputOptions } from '../output/deliver.ts'
import { type AddCommand, addOutput, terminalOf } from './global-options.ts'

/** `assay receipt bundle`: many receipts in one file. */
export const addBundle: AddCommand = (parent, end) => {
  const command = parent
    .command('bundle')
    .summary('pack receipts into one file')
    .description(
      'Packs receipts into one file, in which each batch stands once. `assay verify` checks it in one go.',
    )
    .argument('<inputs...>', 'files, or directories of *.json files')
  addOutput(command)
    .addHelpText(
      'after',
      `
Examples:
  assay receipt bundle receipts/ -o receipts.jsonl
  assay receipt bundle one.json two.json | assay verify -
${exitCodeHelp}`,
    )
    .action(async (inputs: string[]) => {
      const { bundle } = await import('../receipt/bundle.ts')
      await bundle(inputs, command.optsWithGlobals<OutputOptions>(), terminalOf(command))
      end(0)
    })
}
