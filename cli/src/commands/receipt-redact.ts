import { exitCodeHelp } from '../exit-code-help.ts'
import type { RedactOptions } from '../receipt/redact.ts'
import { type AddCommand, addOutput, terminalOf, gather } from './global-options.ts'

/** `assay receipt redact`: a receipt that shows less. */
export const addRedact: AddCommand = (parent, end) => {
  const command = parent
    .command('redact')
    .summary('hide fields of a receipt')
    .description(
      'Makes a receipt that shows the named fields alone. It verifies as before; what is hidden cannot be guessed.',
    )
    .argument('<input>', 'a file, or - for standard input')
    .requiredOption('--reveal <names>', 'fields that stay open, with commas; "" for none', gather)
  addOutput(command)
    .addHelpText(
      'after',
      `
Examples:
  assay receipt redact receipt.json --reveal response.sha256,model.returned -o shown.json
  assay receipt redact receipt.json --reveal "" | assay verify - --offline
${exitCodeHelp}`,
    )
    .action(async (input: string) => {
      const { redact } = await import('../receipt/redact.ts')
      const options = command.optsWithGlobals<RedactOptions>()
      await redact(input, options, terminalOf(command))
      end(0)
    })
}
