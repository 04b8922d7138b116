import { doneCodeHelp } from '../exit-code-help.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay environment revoke`: no longer to be believed. */
export const addRevoke: AddCommand = (parent, end) => {
  const command = parent
    .command('revoke')
    .summary('revoke an environment')
    .description('Revokes an environment of the owner from now on, for good.')
    .argument('<environment-id>', 'id of the environment')
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

Examples:
  assay environment revoke 0x…
${doneCodeHelp}`,
    )
    .action(async (id: string) => {
      const { revoke } = await import('../environment/revoke.ts')
      await revoke(id, command.optsWithGlobals<OwnerOptions>(), terminalOf(command))
      end(0)
    })
}
