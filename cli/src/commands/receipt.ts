import { exitCodeHelp } from '../exit-code-help.ts'
import { type AddCommand, called } from './global-options.ts'

/** `assay receipt …`: what is done with receipts but for verifying them. */
export const addReceipt: AddCommand = (parent, end) => {
  const receipt = parent.command('receipt').summary('show, redact, export and bundle receipts')
  for (const add of [addShow]) add(receipt, end)
}

const addShow: AddCommand = (parent, end) => {
  parent
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
    .action(async (input: string, _options, command) => {
      const { showReceipt } = await import('../receipt/show.ts')
      const { options, terminal } = called(command)
      await showReceipt(input, options, terminal)
      end(0)
    })
}
