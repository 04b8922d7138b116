import { Command } from 'commander'
import { addModel } from './commands/model.ts'
import { addProveEquivocation } from './commands/prove-equivocation.ts'
import { addCollect } from './commands/collect.ts'
import { addCompletion } from './commands/completion.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEnvironment } from './commands/environment.ts'
import { addFlush } from './commands/flush.ts'
import { addInit } from './commands/init.ts'
import { addReceipt } from './commands/receipt.ts'
import { addStatus } from './commands/status.ts'
import { addVerify } from './commands/verify.ts'
import { exitCodeHelp } from './exit-code-help.ts'
import type { ExitCode } from './exit-code.ts'
import { addWatch } from './commands/watch.ts'
import { version } from './version.ts'

const commands = [
  addInit,
  addStatus,
  addDoctor,
  addFlush,
  addWatch,
  addCollect,
  addModel,
  addEnvironment,
  addVerify,
  addReceipt,
  addProveEquivocation,
  addCompletion,
]

/**
 * The command line of `assay`.
 *
 * @param end - Told the exit code of the command that ran.
 */
export function createProgram(end: (code: ExitCode) => void): Command {
  const program = new Command('assay')
    .description('A proof for every AI inference: which model, which environment, which output.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .option('--json', 'print JSON alone, errors included')
    .option('--color', 'paint the output, wherever it goes')
    .option('--no-color', 'do not paint it (also NO_COLOR)')
    .addHelpText(
      'after',
      `
Examples:
  assay init --rpc https://rpc.example.org
  assay doctor
  assay verify receipt.json
  assay verify receipt.json --offline --json
  assay receipt show receipt.json
${exitCodeHelp}`,
    )
  // `--color` has no default: the environment and the terminal decide where nothing is said.
  program.setOptionValue('color', undefined)
  // Before the commands are added, which take these settings over: what goes wrong is thrown, and shown in one place.
  program.exitOverride().configureOutput({ writeErr: () => undefined })
  program.configureHelp({ showGlobalOptions: true, sortSubcommands: true })
  for (const add of commands) add(program, end)
  return program
}
