import { doneCodeHelp } from '../exit-code-help.ts'
import type { StatusOptions } from '../status/options.ts'
import { type AddCommand, type GlobalOptions, terminalOf } from './global-options.ts'
import { addChain } from './owner-options.ts'

/** `assay status`: how far recording and settling have come. */
export const addStatus: AddCommand = (parent, end) => {
  const command = parent
    .command('status')
    .summary('show what is recorded, settled, final, and what it cost')
    .description(
      'Shows the journals on this disk, how the session key stands on the chain, and what the settlements cost. Recorders are not disturbed.',
    )
    .option('--journal <directory>', 'where the journals are')
    .option('--offline', 'ask nobody: the journals alone')
  addChain(command)
    .addHelpText(
      'after',
      `
Examples:
  assay status
  assay status --settings .assay/env --json
  assay status --journal /var/lib/app/journal --offline
${doneCodeHelp}`,
    )
    .action(async () => {
      const { showStatus } = await import('../status/status.ts')
      await showStatus(
        command.optsWithGlobals<StatusOptions & GlobalOptions>(),
        terminalOf(command),
      )
      end(0)
    })
}
