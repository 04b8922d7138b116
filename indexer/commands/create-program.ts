import { Command } from 'commander'
import { operationsCommands } from '../operations/commands.ts'
import { variables } from '../variables.ts'
import { addServe } from './serve.ts'
import { addStart } from './start.ts'

/** Each adds a command. */
const commands = [addStart, addServe, ...operationsCommands]

/** The command line of the indexer; without a command it starts. */
export function createProgram(): Command {
  const program = new Command('indexer')
    .description('Reads the events of the contracts and answers what is asked of them.')
    .usage('[command]')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', `\nSettings, by environment variables:\n${settingsText()}`)
  for (const add of commands) add(program)
  return program
}

function settingsText(): string {
  return Object.values(variables)
    .map(
      ({ name, meaning, default: fallback }) =>
        `  ${name}\n      ${meaning}\n      Default: ${fallback}`,
    )
    .join('\n')
}
