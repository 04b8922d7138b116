/**
 * Runs the indexer by environment variables (see docs/indexer.md) until it is told to end: `node indexer/main.ts`. Its log is JSON lines on
 * standard output.
 */
import { BaseError } from '@assay/sdk'
import { dirname, resolve } from 'node:path'
import {
  IndexerRpcUnreachableError,
  type RunningIndexer,
  startIndexer,
  type StartIndexerOptions,
} from './run.ts'
import { readSettings } from './settings.ts'

const retryMillis = 2_000

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main() {
  const { rpcUrls, wsUrl, databaseUrl, directory, batches, batchToken, ...settings } = readSettings(
    process.env,
  )
  const indexer = await startWhenReachable({
    ...settings,
    ...{ batchDirectory: resolve(batches.directory), batchHosts: batches.addresses },
    ...{ batchMaxBytes: batches.maxBytes },
    ...(batches.ipfsGateway ? { batchGateway: batches.ipfsGateway } : {}),
    ...(batchToken ? { batchToken } : {}),
    rpcUrl: rpcUrls,
    ...(wsUrl ? { wsUrl } : {}),
    ...(databaseUrl ? { databaseUrl } : {}),
    directory: dirname(resolve(directory)),
    onLog: say,
  })
  let told = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      told = true
      void indexer.stop()
    })
  }
  say(JSON.stringify({ level: 30, msg: 'Serving GraphQL', url: indexer.graphqlUrl }))
  await indexer.ended.catch((error: unknown) => {
    if (!told) throw error
  })
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

await main().catch((error: unknown) => {
  console.error(error instanceof BaseError ? error.message : error)
  process.exitCode = 1
})
