import { mkdir } from 'node:fs/promises'
import { IndexerProcessError, IndexerSettingsError } from './errors.ts'
import { closeMillis, openGateway, urlOf } from './open-gateway.ts'
import { isLogged, parseLogLine, ponderArgs } from './process.ts'
import { readerEnvironment, startReaders } from './readers.ts'
import { environmentOf, type StartIndexerOptions } from './run.ts'
import { variables } from './variables.ts'

export type ServeRowsOptions = StartIndexerOptions & { directory: string }

/** What serves the rows that an indexer elsewhere writes. */
export type ServingRows = {
  url: string
  graphqlUrl: string
  /** Never resolves: a reader that ends is started anew. Rejects when it is stopped. */
  ended: Promise<never>
  /** Ends it within 3 s. */
  stop(): Promise<void>
}

/**
 * Serves the rows of a PostgreSQL database that an indexer elsewhere writes. While there are none, or no database, it says so and waits.
 *
 * @param options.readers - How many processes answer. Default: 1.
 * @throws IndexerSettingsError if there is no database.
 * @throws IndexerPortTakenError if another program has the port.
 */
export async function serveRows(options: ServeRowsOptions): Promise<ServingRows> {
  const { port = 42069, hostname = '127.0.0.1', directory, logLevel } = options
  if (!options.databaseUrl) {
    throw new IndexerSettingsError(variables.databaseUrl, 'is not set, and rows are served from it')
  }
  const gateway = await openGateway({
    ...options,
    ...{ port, hostname },
    settings: { rateLimit: 0, ...options.gateway },
  })
  await mkdir(directory, { recursive: true })
  const chains = [options, ...(options.otherChains ?? [])]
  const schema = options.viewsSchema ?? options.schema ?? variables.schema.default
  const readers = startReaders(options.readers || 1, {
    env: readerEnvironment(environmentOf(options, chains, directory)),
    ...{ cwd: directory, root: options.root },
    args: (readerPort) => ponderArgs('serve', schema, readerPort, logLevel),
    onLine: (line) => {
      if (isLogged(parseLogLine(line)?.level, logLevel)) options.onLog?.(line)
    },
    onChange: (urls) => gateway.replace(urls.map((url) => ({ url, role: 'reader' }))),
  })
  let end: (error: Error) => void
  const ended = new Promise<never>((_, reject) => (end = reject))
  // Whoever waits for it is told; an end that nobody waits for is no unhandled rejection.
  ended.catch(() => undefined)
  const url = urlOf(hostname, gateway.port)
  return {
    url,
    graphqlUrl: `${url}/graphql`,
    ended,
    async stop() {
      await gateway.close(closeMillis)
      await readers.stop()
      end(new IndexerProcessError('The readers were stopped.', []))
    },
  }
}
