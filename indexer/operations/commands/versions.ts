import { readOperationsSettings } from '../../settings.ts'
import { withDatabase } from '../database.ts'
import { type IndexerVersion, listVersions } from '../versions.ts'
import { type AddCommand, inWords, type OutputOptions, tell } from './output.ts'

/** `versions`: what is in the database. */
export const addVersions: AddCommand = (program) => {
  program
    .command('versions')
    .summary('list the versions in the database')
    .description(
      'Lists the versions of the indexer in the database that DATABASE_URL names: how far each is, how large, who uses it, and whose views show it.',
    )
    .option('--json', 'print JSON alone')
    .addHelpText(
      'after',
      `
Examples:
  node indexer/main.ts versions
  node indexer/main.ts versions --json`,
    )
    .action(async (options: OutputOptions) => {
      const { databaseUrl } = readOperationsSettings(process.env)
      const versions = await withDatabase(databaseUrl, 'assay versions', listVersions)
      const lines = versions.length > 0 ? versions.flatMap(describe) : ['There are none.']
      tell(options, versions, lines)
    })
}

function describe(version: IndexerVersion): string[] {
  const { schema, buildId, ready, written, heartbeatAt, chains, bytes, usedBy, shownBy } = version
  const seconds = Math.max(0, Math.round((Date.now() - heartbeatAt) / 1000))
  return [
    `${schema}  build ${buildId}, ${inWords(bytes)}${shownBy.length ? `, shown by ${shownBy.join(', ')}` : ''}`,
    `  ${ready ? 'ready' : 'reading the past'}, ${written ? 'being written' : 'no writer'} (last sign of life ${seconds} s ago)`,
    ...chains.map(({ chainId, name, block }) => `  chain ${chainId} (${name}): block ${block}`),
    ...usedBy.map(({ name, pid }) => `  used by ${name} (process ${pid} of the server)`),
  ]
}
