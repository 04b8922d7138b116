import type { Command } from 'commander'
import {
  IndexerRpcUnreachableError,
  type RunningIndexer,
  startIndexer,
  type StartIndexerOptions,
} from '../run.ts'
import { readSettings } from '../settings.ts'
import { optionsOf } from './options-of.ts'
import { say } from './say.ts'
import { untilTold } from './until-told.ts'

const retryMillis = 2_000

export function addStart(program: Command): void {
  program
    .command('start', { isDefault: true })
    .description('index, and answer; what is done without a command')
    .action(start)
}

async function start(): Promise<void> {
  const indexer = await startWhenReachable(optionsOf(readSettings(process.env)))
  say(JSON.stringify({ level: 30, msg: 'Serving GraphQL', url: indexer.graphqlUrl }))
  await untilTold(indexer)
}

/** A node that starts later, or is away for a while, is waited for. */
async function startWhenReachable(options: StartIndexerOptions): Promise<RunningIndexer> {
  for (;;) {
    try {
      return await startIndexer(options)
    } catch (error) {
      if (!(error instanceof IndexerRpcUnreachableError)) throw error
      say(JSON.stringify({ level: 40, msg: error.shortMessage, retryMillis }))
      await new Promise((resolve) => setTimeout(resolve, retryMillis))
    }
  }
}
