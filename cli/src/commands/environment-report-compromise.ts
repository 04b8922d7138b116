import { doneCodeHelp } from '../exit-code-help.ts'
import type { ReportCompromiseOptions } from '../environment/report-compromise.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay environment report-compromise`: not to be believed since a time. */
export const addReportCompromise: AddCommand = (parent, end) => {
  const command = parent
    .command('report-compromise')
    .summary('report that others held an environment')
    .description(
      'Reports that others held an environment of the owner since a time. What was settled from then on is judged unknown.',
    )
    .argument('<environment-id>', 'id of the environment')
    .requiredOption(
      '--since <time>',
      'since when, not in the future: Unix seconds, or such as 2026-01-31T08:00:00Z',
    )
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

A report can't be taken back; a later one can only reach further back. It does not revoke.

Examples:
  assay environment report-compromise 0x… --since 2026-01-31T08:00:00Z
${doneCodeHelp}`,
    )
    .action(async (id: string) => {
      const { reportCompromise } = await import('../environment/report-compromise.ts')
      const options = command.optsWithGlobals<ReportCompromiseOptions>()
      await reportCompromise(id, options, terminalOf(command))
      end(0)
    })
}
