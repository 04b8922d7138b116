import { doneCodeHelp } from '../exit-code-help.ts'
import type { RetireOptions } from '../model/retire.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay model retire`: no longer to be used. */
export const addRetire: AddCommand = (parent, end) => {
  const command = parent
    .command('retire')
    .summary('mark a model as no longer to be used')
    .description(
      'Marks a model of the owner as no longer to be used, for good. What it has served stays as it is.',
    )
    .argument('<model-id>', 'id of the model')
    .requiredOption('--reason <text>', 'in plain words, for people')
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

Examples:
  assay model retire 0x… --reason "Replaced by 1.3.0: wrong tokenizer"
${doneCodeHelp}`,
    )
    .action(async (id: string) => {
      const { retire } = await import('../model/retire.ts')
      await retire(id, command.optsWithGlobals<RetireOptions>(), terminalOf(command))
      end(0)
    })
}
