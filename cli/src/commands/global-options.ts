import type { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import { processTerminal, type Terminal } from '../output/terminal.ts'

/** Options that every command takes. */
export type GlobalOptions = { json?: boolean; color?: boolean }

/** Adds a command to the program. Its work is loaded when it is terminalOf, so that the others start fast. */
export type AddCommand = (parent: Command, end: (code: ExitCode) => void) => void

/** Where a command speaks. */
export function terminalOf(command: Command): Terminal {
  return processTerminal(command.optsWithGlobals<GlobalOptions>().color)
}

/** Gathers the values of an option that may be given several times. */
export function gather(value: string, values: readonly string[] = []): string[] {
  return [...values, value]
}

/** Adds the options of a command that makes a file. */
export function addOutput(command: Command): Command {
  return command
    .option('-o, --output <file>', 'where to write it (default: standard output)')
    .option('--force', 'replace a file that is there')
}
