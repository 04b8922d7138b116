import type { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import { processTerminal, type Terminal } from '../output/terminal.ts'

/** Options that every command takes. */
export type GlobalOptions = { json?: boolean; color?: boolean }

/** Adds a command to the program. Its work is loaded when it is called, so that the others start fast. */
export type AddCommand = (parent: Command, end: (code: ExitCode) => void) => void

/** The options of a command, and where it speaks. */
export function called<T>(command: Command): { options: T & GlobalOptions; terminal: Terminal } {
  const options = command.optsWithGlobals<T & GlobalOptions>()
  return { options, terminal: processTerminal(options.color) }
}

/** Gathers the values of an option that may be given several times. */
export function gather(value: string, values: readonly string[] = []): string[] {
  return [...values, value]
}
