import { dirname, resolve } from 'node:path'
import type { StartIndexerOptions } from '../run.ts'
import type { IndexerSettings } from '../settings.ts'
import { say } from './say.ts'

/** What a program is run with, as the environment has it. */
export function optionsOf(all: IndexerSettings): StartIndexerOptions & { directory: string } {
  const { chains, databaseUrl, viewsSchema, directory, batches, uploads, ...settings } = all
  const [first, ...otherChains] = chains.map(({ rpcUrls, wsUrl, ...chain }) => ({
    ...{ ...chain, rpcUrl: rpcUrls },
    ...(wsUrl ? { wsUrl } : {}),
  }))
  return {
    ...{ ...settings, ...first!, otherChains },
    ...{ batchDirectory: resolve(batches.directory), batchHosts: batches.addresses },
    ...{ batchMaxBytes: batches.maxBytes },
    ...(batches.ipfsGateway ? { batchGateway: batches.ipfsGateway } : {}),
    batchTokens: uploads.tokens.map(({ name, token }) => `${name}=${token}`).join(','),
    batchUnsettledBytes: uploads.maxBytesOfName,
    batchUnsettledTotalBytes: uploads.maxBytes,
    batchUnsettledDays: uploads.maxAgeMillis / 86_400_000,
    ...(databaseUrl ? { databaseUrl } : {}),
    ...(viewsSchema ? { viewsSchema } : {}),
    directory: dirname(resolve(directory)),
    onLog: say,
  }
}
