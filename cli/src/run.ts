import { CommanderError } from 'commander'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { answerCompletion } from './completion/answer-completion.ts'
import { UsageError } from './errors.ts'
import { showError } from './output/show-error.ts'
import { processTerminal } from './output/terminal.ts'
import { createProgram } from './program.ts'

/**
 * Runs the command once. Never throws: what goes wrong is shown.
 *
 * @param args - Without the names of Node and of the script.
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  let ended: ExitCode = exitCodes.verified
  const program = createProgram((code) => (ended = code))
  try {
    if (await answerCompletion(program, args)) return exitCodes.verified
    await program.parseAsync(args, { from: 'user' })
    return ended
  } catch (error) {
    // Help and version were asked for, and are printed.
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.verified
    await showError(asTyped(error), processTerminal(colorIn(args)), isJsonAskedFor(args))
    return exitCodes.badInput
  }
}

function asTyped(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error
  if (error.code === 'commander.help')
    return new UsageError('No command is given.', { metaMessages: ['`--help` lists them.'] })
  const [problem = '', ...suggestions] = error.message.replace(/^error: /, '').split('\n')
  return new UsageError(`${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`, {
    metaMessages: suggestions,
  })
}

// Where the arguments are bad, nothing has read them: these are looked for by hand.
function optionsOf(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return end < 0 ? args : args.slice(0, end)
}

const isJsonAskedFor = (args: readonly string[]) => optionsOf(args).includes('--json')

function colorIn(args: readonly string[]): boolean | undefined {
  const last = optionsOf(args).findLast((arg) => arg === '--color' || arg === '--no-color')
  return last && last === '--color'
}
