import { UsageError } from '../errors.ts'
import { doneCodeHelp } from '../exit-code-help.ts'
import { type AddCommand, terminalOf } from './global-options.ts'

/** `assay completion`: what a shell needs to complete the command line. */
export const addCompletion: AddCommand = (parent, end) => {
  const command = parent
    .command('completion')
    .summary('print what a shell needs to complete the command line')
    .description('Prints a script for a shell, which asks this command what can come next.')
    .argument('<shell>', 'bash, zsh or fish')
  command
    .addHelpText(
      'after',
      `
Examples:
  eval "$(assay completion bash)"
  eval "$(assay completion zsh)"
  assay completion fish | source
${doneCodeHelp}`,
    )
    .action(async (shell: string) => {
      const { completionScripts } = await import('../completion/scripts.ts')
      const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined
      if (script === undefined) throw new UsageError('The shell must be bash, zsh or fish.')
      await terminalOf(command).write(script)
      end(0)
    })
}
