import { exitCodeHelp } from '../exit-code-help.ts'
import type { OutputOptions } from '../output/deliver.ts'
import { type AddCommand, addOutput, terminalOf } from './global-options.ts'

/** `assay prove-equivocation`: that one key said two things of one place. */
export const addProveEquivocation: AddCommand = (parent, end) => {
  const command = parent
    .command('prove-equivocation')
    .summary('prove that a key contradicted itself')
    .description(
      'Makes of two receipts a proof that one key put two inferences at one place, which `assay verify` checks. Nothing private is in it.',
    )
    .argument('<receipt>', 'a file, or - for standard input')
    .argument('<other>', 'another one')
  addOutput(command)
    .addHelpText(
      'after',
      `
Examples:
  assay prove-equivocation mine.json theirs.json -o equivocation.json
  assay verify equivocation.json
${exitCodeHelp}`,
    )
    .action(async (first: string, second: string) => {
      const { prove } = await import('../receipt/prove-equivocation.ts')
      const options = command.optsWithGlobals<OutputOptions>()
      await prove(first, second, options, terminalOf(command))
      end(0)
    })
}
