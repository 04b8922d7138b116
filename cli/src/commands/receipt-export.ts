import { exitCodeHelp } from '../exit-code-help.ts'
import type { ExportOptions } from '../receipt/export.ts'
import { type AddCommand, addOutput, terminalOf } from './global-options.ts'

/** `assay receipt export`: a receipt in a format of others. */
export const addExport: AddCommand = (parent, end) => {
  const command = parent
    .command('export')
    .summary('write a receipt in another format')
    .description(
      'Writes a receipt as a COSE receipt (RFC 9942), which any COSE library reads. No private field is in it.',
    )
    .argument('<input>', 'a file, or - for standard input')
    .requiredOption('--format <name>', 'cose')
  addOutput(command)
    .addHelpText(
      'after',
      `
Examples:
  assay receipt export receipt.json --format cose -o receipt.cose
${exitCodeHelp}`,
    )
    .action(async (input: string) => {
      const { exportReceipt } = await import('../receipt/export.ts')
      await exportReceipt(input, command.optsWithGlobals<ExportOptions>(), terminalOf(command))
      end(0)
    })
}
