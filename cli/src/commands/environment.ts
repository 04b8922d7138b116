import { addRegister } from './environment-register.ts'
import { addRevoke } from './environment-revoke.ts'
import type { AddCommand } from './global-options.ts'

const commands = [addRegister, addRevoke]

/** `assay environment …`: where inference runs. */
export const addEnvironment: AddCommand = (parent, end) => {
  const environment = parent.command('environment').summary('register and revoke environments')
  for (const add of commands) add(environment, end)
}
