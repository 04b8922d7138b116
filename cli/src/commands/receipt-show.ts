import { exitCodeHelp } from '../exit-code-help.ts'
import { type AddCommand, type GlobalOptions, terminalOf } from './global-options.ts'

/** `assay receipt show`: what a receipt opens. */
export const addShow: AddCommand = (parent, end) => {
  const command = parent
    .command('show')
    .summary('show what a receipt opens')
    .description('Shows what a receipt says, its open fields decoded. Nothing of it is checked.')
    .argument('<input>', 'a file, or - for standard input')
    .addHelpText(
      'after',
      `
Examples:
  assay receipt show receipt.json
  assay receipt show receipt.json --json
${exitCodeHelp}`,
    )
    .action(async (input: string) => {
      const { showReceipt } = await import('../receipt/show.ts')
      const options = command.optsWithGlobals<GlobalOptions>()
      await showReceipt(input, options, terminalOf(command))
      end(0)
    })
}
