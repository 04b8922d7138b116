import { doneCodeHelp } from '../exit-code-help.ts'
import { type AddCommand, type GlobalOptions, terminalOf } from './global-options.ts'

/** `assay environment inspect`: what an attestation says, unchecked. */
export const addInspect: AddCommand = (parent, end) => {
  const command = parent
    .command('inspect')
    .summary('show what an attestation says, unchecked')
    .description(
      'Shows what an attestation says: a Nitro document, a TDX quote, a SEV-SNP report, or an archive of one. Nothing of it is checked.',
    )
    .argument('<file>', 'the document, or its archive')
    .addHelpText(
      'after',
      `
Examples:
  assay environment inspect document.cbor
  assay environment inspect attestation.json --json
${doneCodeHelp}`,
    )
    .action(async (file: string) => {
      const { inspect } = await import('../environment/inspect.ts')
      await inspect(file, command.optsWithGlobals<GlobalOptions>(), terminalOf(command))
      end(0)
    })
}
