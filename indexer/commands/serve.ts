import type { Command } from 'commander'
import { serveRows } from '../serve.ts'
import { readSettings } from '../settings.ts'
import { optionsOf } from './options-of.ts'
import { say } from './say.ts'
import { untilTold } from './until-told.ts'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('only answer, by the rows that an indexer elsewhere writes into PostgreSQL')
    .action(serve)
}

async function serve(): Promise<void> {
  const serving = await serveRows(optionsOf(readSettings(process.env)))
  say(JSON.stringify({ level: 30, msg: 'Serving GraphQL', url: serving.graphqlUrl }))
  await untilTold(serving)
}
