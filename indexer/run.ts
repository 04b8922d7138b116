import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Address } from 'viem'
import {
  IndexerBehindError,
  IndexerPortTakenError,
  IndexerProcessError,
  IndexerSchemaTakenError,
} from './errors.ts'
import { checkPort, checkRpc } from './preflight.ts'
import { parseLogLine, spawnPonder } from './process.ts'
import { resetDatabase } from './reset-database.ts'
import { variables } from './settings.ts'
import {
  isBroken,
  isOtherChain,
  isOtherVersion,
  isUnmade,
  saysBroken,
  saysUnmade,
  supervised,
} from './supervise.ts'

export * from './errors.ts'

/** Options of `startIndexer`. */
export type StartIndexerOptions = {
  chainId: number
  /** HTTP(S) endpoint, or several that share the load. */
  rpcUrl: string | readonly string[]
  /** WebSocket endpoint that announces new blocks, which halves the lag and more. Default: the RPC endpoint is polled. */
  wsUrl?: string
  /** Milliseconds between polls. Default: 1000. */
  pollingInterval?: number
  modelRegistry: Address
  environmentRegistry: Address
  inferenceLog: Address
  verdictRegistry: Address
  /** Block from which on events are read. Default: 0. */
  startBlock?: number
  /** How many blocks behind the chain's head `/ready` still says yes. Default: 5. */
  readyBlocks?: number
  /** After so many seconds it is started anew when it got no further, though the endpoint did. Default: 120. */
  stuckSeconds?: number
  /** Port for HTTP; 0 is not allowed. Default: 42069. */
  port?: number
  /** What to tell whoever finds the port taken. Default: to choose another with `port`. */
  portHint?: string
  /** Address to listen on. Default: 127.0.0.1. */
  hostname?: string
  /**
   * Directory for the embedded database, made if it is missing. What is in it of another chain, or of another version of the indexer,
   * is noticed, said and read anew. Default: a temporary one that `stop` removes.
   */
  directory?: string
  /** PostgreSQL connection string. Default: none, the embedded database. */
  databaseUrl?: string
  /** Name of the database schema. Default: `assay`. */
  schema?: string
  /** Where the data of external batches is kept; several indexers may share it. Default: `batches` in `directory`. */
  batchDirectory?: string
  /** Hosts that are asked for batch data: by https those of the public internet, or any, by http too. Default: `public`. */
  batchHosts?: 'public' | 'any'
  /** IPFS gateway that is asked for `ipfs:` URIs. Default: none, they are not followed. */
  batchGateway?: string
  /** Longer batch data is not read; in bytes. Default: 67,108,864 (64 MiB). */
  batchMaxBytes?: number
  /** With which batch data may be put here. Default: none, nobody may. */
  batchToken?: string
  /** Called with each line of the log, JSON. Default: the log goes nowhere but into errors. */
  onLog?: (line: string) => void
  /** Directory of the Ponder project that is run. Default: the indexer's own. */
  root?: string
  /** Called with the id of each process that is started: a further one follows where the chain was replaced. */
  onSpawn?: (pid: number) => void
  /** Least level that is logged. Default: `warn`, and `info` with `onLog`. */
  logLevel?: 'error' | 'warn' | 'info' | 'debug'
  /** Milliseconds until HTTP must be served. Default: 60000. */
  timeoutMillis?: number
}

/** A running indexer. */
export type RunningIndexer = {
  /** Where it serves HTTP. */
  url: string
  graphqlUrl: string
  /**
   * Resolves when a block is indexed and can be asked for.
   *
   * @param options.timeoutMillis - Default: 30000.
   * @throws IndexerBehindError if it was not in time.
   * @throws IndexerProcessError if the indexer ended meanwhile.
   */
  waitForBlock(block: bigint | number, options?: { timeoutMillis?: number }): Promise<void>
  /** The last block that is indexed; undefined while there is none. */
  indexedBlock(): Promise<bigint | undefined>
  /** Rejects with an IndexerProcessError when the process has ended, by `stop` too; never resolves. */
  ended: Promise<never>
  /** Ends it within 3 s. */
  stop(): Promise<void>
}

/**
 * Starts an indexer as a process of its own, which ends when this process does, however that ends. Resolves when GraphQL is
 * served; `waitForBlock` tells when a block is in.
 *
 * @throws IndexerPortTakenError if another program has the port.
 * @throws IndexerRpcUnreachableError if an RPC endpoint gives no usable answer.
 * @throws IndexerChainMismatchError if it serves another chain.
 * @throws IndexerSchemaTakenError if another version has filled the schema of a PostgreSQL database.
 * @throws IndexerProcessError if the process ends early or does not serve in time; carries its last lines.
 */
export async function startIndexer(options: StartIndexerOptions): Promise<RunningIndexer> {
  const { chainId, port = 42069, hostname = '127.0.0.1', timeoutMillis = 60_000 } = options
  const rpcUrls = [options.rpcUrl].flat()
  await checkPort(port, hostname, options.portHint)
  await Promise.all(rpcUrls.map((url) => checkRpc(url, chainId)))

  const temporary = options.directory === undefined
  const directory = options.directory
    ? resolve(options.directory)
    : await mkdtemp(join(tmpdir(), 'assay-indexer-'))
  await mkdir(directory, { recursive: true })

  let servesOn: (port: number) => void
  const serving = new Promise<number>((resolve) => (servesOn = resolve))
  const schema = options.schema ?? variables.schema.default
  const database = {
    ...{ chainId, schema, databaseUrl: options.databaseUrl },
    directory: join(directory, 'pglite'),
  }
  const spawn = () =>
    spawnPonder({
      args: [
        'start',
        ...['--schema', schema],
        ...['--port', String(port)],
        ...['--hostname', hostname],
        // The line that names the port is of level info; what is passed on is chosen below.
        ...['--log-level', options.logLevel === 'debug' ? 'debug' : 'info'],
      ],
      env: environmentOf(options, rpcUrls, directory),
      cwd: directory,
      root: options.root,
      onSpawn: options.onSpawn,
      onLine(line) {
        const entry = parseLogLine(line)
        if (entry?.msg === 'Created HTTP server' && entry.port) servesOn(entry.port)
        // Ponder would go on trying for minutes.
        if (options.databaseUrl === undefined && (saysBroken(line) || saysUnmade(line)))
          child.kill()
        if (isLogged(entry?.level, options)) options.onLog?.(line)
      },
    })
  const child = supervised(spawn, {
    // The embedded database is nobody else's, so that what another version has made can go.
    knowsOther: (error) =>
      isOtherChain(error) ||
      (options.databaseUrl === undefined &&
        (isOtherVersion(error) || isUnmade(error) || isBroken(error))),
    reset: () => resetDatabase(database),
  })
  const removeDirectory = () =>
    temporary ? rm(directory, { recursive: true, force: true, maxRetries: 3 }) : undefined
  const stop = async () => {
    await child.stop()
    await removeDirectory()
  }

  try {
    const actual = await Promise.race([
      serving,
      child.ended,
      rejectAfter(
        timeoutMillis,
        () =>
          new IndexerProcessError(
            `The indexer did not serve within ${timeoutMillis} ms.`,
            child.lastLines(),
          ),
      ),
    ])
    // Taken between the check and now: Ponder has moved on to the next.
    if (actual !== port) {
      throw new IndexerPortTakenError(port, options.portHint ? { hint: options.portHint } : {})
    }
  } catch (error) {
    await stop()
    throw isOtherVersion(error) ? new IndexerSchemaTakenError(schema, error) : error
  }

  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  const indexedBlock = () => indexedBlockAt(url)
  return {
    url,
    graphqlUrl: `${url}/graphql`,
    indexedBlock,
    async waitForBlock(block, { timeoutMillis = 30_000 } = {}) {
      const wanted = BigInt(block)
      const deadline = Date.now() + timeoutMillis
      for (;;) {
        const indexed = await Promise.race([indexedBlock(), child.ended])
        if (indexed !== undefined && indexed >= wanted) return
        if (Date.now() > deadline) throw new IndexerBehindError(wanted, indexed, timeoutMillis)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    ended: child.ended,
    stop,
  }
}

/** The child's environment: this process's, less what would set Ponder up behind our back, plus the settings. */
function environmentOf(
  options: StartIndexerOptions,
  rpcUrls: readonly string[],
  directory: string,
): NodeJS.ProcessEnv {
  const foreign = ['PORT', 'DATABASE_URL', 'DATABASE_PRIVATE_URL', 'DATABASE_SCHEMA', 'DEBUG']
  const inherited: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !foreign.includes(name)),
  )
  // Options of the Node that runs this, such as a test runner's hooks, are not meant for it.
  delete inherited.NODE_OPTIONS
  return {
    ...inherited,
    NODE_ENV: 'production',
    PONDER_TELEMETRY_DISABLED: '1',
    [variables.chainId.name]: String(options.chainId),
    [variables.rpcUrl.name]: rpcUrls.join(','),
    [variables.wsUrl.name]: options.wsUrl ?? '',
    [variables.pollingInterval.name]: String(options.pollingInterval ?? 1000),
    [variables.modelRegistry.name]: options.modelRegistry,
    [variables.environmentRegistry.name]: options.environmentRegistry,
    [variables.inferenceLog.name]: options.inferenceLog,
    [variables.verdictRegistry.name]: options.verdictRegistry,
    [variables.startBlock.name]: String(options.startBlock ?? 0),
    [variables.readyBlocks.name]: String(options.readyBlocks ?? variables.readyBlocks.default),
    [variables.stuckSeconds.name]: String(options.stuckSeconds ?? variables.stuckSeconds.default),
    [variables.directory.name]: join(directory, 'pglite'),
    [variables.batchDirectory.name]: options.batchDirectory ?? join(directory, 'batches'),
    [variables.batchHosts.name]: options.batchHosts ?? variables.batchHosts.default,
    [variables.batchGateway.name]: options.batchGateway ?? '',
    [variables.batchMaxBytes.name]: String(
      options.batchMaxBytes ?? variables.batchMaxBytes.default,
    ),
    [variables.batchToken.name]: options.batchToken ?? '',
    ...(options.databaseUrl ? { [variables.databaseUrl.name]: options.databaseUrl } : {}),
  }
}

const levels = { debug: 20, info: 30, warn: 40, error: 50 }

function isLogged(level: number | undefined, options: StartIndexerOptions): boolean {
  return level === undefined || level >= levels[options.logLevel ?? 'info']
}

async function indexedBlockAt(url: string): Promise<bigint | undefined> {
  try {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5_000) })
    const status = (await response.json()) as Record<string, { block?: { number?: number } }>
    const number = Object.values(status)[0]?.block?.number
    return number === undefined ? undefined : BigInt(number)
  } catch {
    // Not serving yet, or busy: whoever waits asks again.
    return undefined
  }
}

function rejectAfter(millis: number, error: () => Error): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(error()), millis).unref()
  })
}
