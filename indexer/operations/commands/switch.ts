import { InvalidArgumentError } from 'commander'
import { IndexerSettingsError } from '../../errors.ts'
import { readOperationsSettings } from '../../settings.ts'
import { variables } from '../../variables.ts'
import { switchViews } from '../switch-views.ts'
import { type AddCommand, type OutputOptions, tell } from './output.ts'

type Options = OutputOptions & {
  to?: string
  breaking?: boolean
  behind?: boolean
  timeout: number
}

/** `switch`: the views show another version. */
export const addSwitch: AddCommand = (program) => {
  program
    .command('switch')
    .summary('make the views show a version')
    .description(
      'Makes the views in ASSAY_VIEWS_SCHEMA show a version, all at once; who reads them notices nothing. Refused while the version is behind the one that is shown, and when readers of that one would fail. To go back is the same, to the old version.',
    )
    .option('--to <schema>', 'schema of the version (default: ASSAY_INDEXER_SCHEMA)')
    .option('--breaking', 'even if columns that readers use are missing or others')
    .option('--behind', 'even if clients see less than before')
    .option('--timeout <seconds>', 'how long to try while the views are in use', seconds, 60)
    .option('--json', 'print JSON alone')
    .addHelpText(
      'after',
      `
Examples:
  node indexer/main.ts switch --to assay_2
  node indexer/main.ts switch --to assay_1 --behind     # back, whatever the old version has missed
  node indexer/main.ts switch --to assay_3 --breaking --json`,
    )
    .action(async (options: Options) => {
      const { databaseUrl, viewsSchema, schema } = readOperationsSettings(process.env)
      if (!viewsSchema) throw new IndexerSettingsError(variables.viewsSchema, 'is not set')
      const result = await switchViews({
        ...{ databaseUrl, viewsSchema, schema: options.to ?? schema },
        ...{ timeoutSeconds: options.timeout },
        accept: (['breaking', 'behind'] as const).filter((it) => options[it]),
      })
      const { from, to, changed, lockedMillis } = result
      tell(options, { ...result, from: from ?? null, viewsSchema }, [
        changed
          ? `${viewsSchema} shows ${to}${from ? ` instead of ${from}` : ''}; readers waited ${lockedMillis} ms at most.`
          : `${viewsSchema} shows ${to} already.`,
      ])
    })
}

function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number of seconds.')
  return Number(text)
}
