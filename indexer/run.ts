import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Address } from 'viem'
import {
  IndexerBehindError,
  IndexerProcessError,
  IndexerSchemaTakenError,
  IndexerSettingsError,
} from './errors.ts'
import type { GatewaySettings } from './gateway/settings.ts'
import { closeMillis, openGateway, urlOf } from './open-gateway.ts'
import { switchWhenReady } from './operations/switch-when-ready.ts'
import { checkRpc, freePort } from './preflight.ts'
import { isLogged, parseLogLine, ponderArgs, spawnPonder } from './process.ts'
import { type Readers, readerEnvironment, startReaders } from './readers.ts'
import { resetDatabase } from './reset-database.ts'
import { chainVariables, variableOf, variables } from './variables.ts'
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

/** A chain to index. */
export type ChainOptions = {
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
}

/** Options of `startIndexer`. */
export type StartIndexerOptions = ChainOptions & {
  /** Further chains, of other ids. Default: none. */
  otherChains?: readonly ChainOptions[]
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
  /** PostgreSQL schema whose views show this version once it has caught up with the one that they show. Default: none. */
  viewsSchema?: string
  /** Where the data of external batches is kept; several indexers may share it. Default: `batches` in `directory`. */
  batchDirectory?: string
  /** Hosts that are asked for batch data: by https those of the public internet, or any, by http too. Default: `public`. */
  batchHosts?: 'public' | 'any'
  /** IPFS gateway that is asked for `ipfs:` URIs. Default: none, they are not followed. */
  batchGateway?: string
  /** Longer batch data is not read; in bytes. Default: 67,108,864 (64 MiB). */
  batchMaxBytes?: number
  /** Who may put batch data here, as `<name>=<token>,…`. Default: nobody. */
  batchTokens?: string
  /** Bytes that one of these may put which no settlement names. Default: 1,073,741,824 (1 GiB). */
  batchUnsettledBytes?: number
  /** Bytes that all of these may put which no settlement names. Default: 8,589,934,592 (8 GiB). */
  batchUnsettledTotalBytes?: number
  /** Days after which what no settlement has named is removed. Default: 7. */
  batchUnsettledDays?: number
  /** Processes that only answer, beside the one that indexes, which then only stands in for them; they need PostgreSQL. Default: 0. */
  readers?: number
  /** What holds for who asks. Default: that of the environment variables, but for the limit of a client's rate, of which there is none. */
  gateway?: Partial<GatewaySettings>
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
   * @param options.chainId - Default: that of the first chain.
   * @param options.timeoutMillis - Default: 30000.
   * @throws IndexerBehindError if it was not in time.
   * @throws IndexerProcessError if the indexer ended meanwhile.
   */
  waitForBlock(
    block: bigint | number,
    options?: { chainId?: number; timeoutMillis?: number },
  ): Promise<void>
  /**
   * The last block that is indexed; undefined while there is none.
   *
   * @param chainId - Default: that of the first chain.
   */
  indexedBlock(chainId?: number): Promise<bigint | undefined>
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
  const { port = 42069, hostname = '127.0.0.1', timeoutMillis = 60_000 } = options
  const { logLevel } = options
  const chains = [options, ...(options.otherChains ?? [])]
  if (options.readers && !options.databaseUrl) {
    throw new IndexerSettingsError(variables.readers, 'asks for readers, which need PostgreSQL')
  }
  const gateway = await openGateway({
    ...options,
    ...{ port, hostname },
    // Who runs it by a program asks it by that program.
    settings: { rateLimit: 0, ...options.gateway },
  })
  await Promise.all(
    chains.flatMap(({ chainId, rpcUrl }) => [rpcUrl].flat().map((url) => checkRpc(url, chainId))),
  ).catch(async (error: unknown) => {
    await gateway.close(0)
    throw error
  })

  const temporary = options.directory === undefined
  const directory = options.directory
    ? resolve(options.directory)
    : await mkdtemp(join(tmpdir(), 'assay-indexer-'))
  await mkdir(directory, { recursive: true })

  let writerUrl: string | undefined
  let readerUrls: readonly string[] = []
  const publish = () =>
    gateway.replace([
      ...(writerUrl ? [{ url: writerUrl, role: 'writer' as const }] : []),
      ...readerUrls.map((url) => ({ url, role: 'reader' as const })),
    ])
  let serves: () => void
  const serving = new Promise<void>((resolve) => (serves = resolve))
  const schema = options.schema ?? variables.schema.default
  const database = {
    ...{ schema, databaseUrl: options.databaseUrl },
    chainIds: chains.map(({ chainId }) => chainId),
    directory: databaseIn(directory),
  }
  const env = environmentOf(options, chains, directory)
  const privatePort = await freePort()
  const spawn = () => {
    const started = spawnPonder({
      args: ponderArgs('start', schema, privatePort, logLevel),
      env,
      cwd: directory,
      root: options.root,
      onSpawn: options.onSpawn,
      onLine(line) {
        const entry = parseLogLine(line)
        if (entry?.msg === 'Created HTTP server' && entry.port) {
          writerUrl = `http://127.0.0.1:${entry.port}`
          publish()
          serves()
        }
        // Ponder would go on trying for minutes.
        if (options.databaseUrl === undefined && (saysBroken(line) || saysUnmade(line)))
          child.kill()
        if (isLogged(entry?.level, logLevel)) options.onLog?.(line)
      },
    })
    void started.ended.catch(() => {
      writerUrl = undefined
      publish()
    })
    return started
  }
  const child = supervised(spawn, {
    // The embedded database is nobody else's, so that what another version has made can go.
    knowsOther: (error) =>
      isOtherChain(error) ||
      (options.databaseUrl === undefined &&
        (isOtherVersion(error) || isUnmade(error) || isBroken(error))),
    async reset(why) {
      // Whoever runs it sees nothing else of it but a long while without rows.
      const reason = why instanceof IndexerProcessError ? why.log.slice(-3) : [String(why)]
      const msg = 'All is indexed anew: what was kept is of another chain, or broken'
      options.onLog?.(JSON.stringify({ level: 50, time: Date.now(), msg, reason }))
      await resetDatabase(database)
    },
  })
  let readers: Readers | undefined
  let switching: { stop: () => Promise<void> } | undefined
  const stop = async () => {
    await gateway.close(closeMillis)
    await Promise.all([switching?.stop(), child.stop(), readers?.stop()])
    if (temporary) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }

  try {
    await Promise.race([
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
    if (options.readers) {
      readers = startReaders(options.readers, {
        ...{ env: readerEnvironment(env), cwd: directory, root: options.root },
        args: (readerPort) =>
          ponderArgs('serve', options.viewsSchema ?? schema, readerPort, logLevel),
        onLine: (line) => {
          if (isLogged(parseLogLine(line)?.level, logLevel)) options.onLog?.(line)
        },
        onChange(urls) {
          readerUrls = urls
          publish()
        },
      })
    }
  } catch (error) {
    await stop()
    throw isOtherVersion(error) ? new IndexerSchemaTakenError(schema, error) : error
  }

  const { databaseUrl, viewsSchema } = options
  if (databaseUrl && viewsSchema) {
    const onLog = (line: string) => {
      if (isLogged(parseLogLine(line)?.level, logLevel)) options.onLog?.(line)
    }
    switching = switchWhenReady({ databaseUrl, viewsSchema, schema, onLog })
  }
  const url = urlOf(hostname, gateway.port)
  const indexedBlock = async (chainId = options.chainId) =>
    writerUrl ? indexedBlockAt(writerUrl, chainId) : undefined
  return {
    url,
    graphqlUrl: `${url}/graphql`,
    indexedBlock,
    async waitForBlock(block, { chainId, timeoutMillis = 30_000 } = {}) {
      const wanted = BigInt(block)
      const deadline = Date.now() + timeoutMillis
      for (;;) {
        const indexed = await Promise.race([indexedBlock(chainId), child.ended])
        if (indexed !== undefined && indexed >= wanted) return
        if (Date.now() > deadline) throw new IndexerBehindError(wanted, indexed, timeoutMillis)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    ended: child.ended,
    stop,
  }
}

/** Directory of the embedded database. */
const databaseIn = (directory: string) => join(directory, 'pglite')

/** The child's environment: this process's, less what would set Ponder up behind our back, plus the settings. */
export function environmentOf(
  options: StartIndexerOptions,
  chains: readonly ChainOptions[],
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
    [variables.chainId.name]: chains.map(({ chainId }) => chainId).join(','),
    ...Object.fromEntries(chains.flatMap((chain) => entriesOfChain(chain, chains.length > 1))),
    [variables.readyBlocks.name]: String(options.readyBlocks ?? variables.readyBlocks.default),
    [variables.stuckSeconds.name]: String(options.stuckSeconds ?? variables.stuckSeconds.default),
    [variables.directory.name]: databaseIn(directory),
    [variables.batchDirectory.name]: options.batchDirectory ?? join(directory, 'batches'),
    [variables.batchHosts.name]: options.batchHosts ?? variables.batchHosts.default,
    [variables.batchGateway.name]: options.batchGateway ?? '',
    [variables.batchMaxBytes.name]: String(
      options.batchMaxBytes ?? variables.batchMaxBytes.default,
    ),
    [variables.batchTokens.name]: options.batchTokens ?? '',
    ...uploadLimits(options),
    ...(options.databaseUrl ? { [variables.databaseUrl.name]: options.databaseUrl } : {}),
  }
}

/** @param several - Whether there are further chains. */
function entriesOfChain(chain: ChainOptions, several: boolean): [name: string, value: string][] {
  const { chainId, rpcUrl, wsUrl = '', pollingInterval = 1000, startBlock = 0 } = chain
  const { modelRegistry, environmentRegistry, inferenceLog, verdictRegistry } = chain
  const values: Record<(typeof chainVariables)[number], string> = {
    ...{ modelRegistry, environmentRegistry, inferenceLog, verdictRegistry, wsUrl },
    rpcUrl: [rpcUrl].flat().join(','),
    pollingInterval: String(pollingInterval),
    startBlock: String(startBlock),
  }
  return chainVariables.map((setting) => [
    several ? variableOf(setting, chainId) : variables[setting].name,
    values[setting],
  ])
}

function uploadLimits(options: StartIndexerOptions): NodeJS.ProcessEnv {
  const names = ['batchUnsettledBytes', 'batchUnsettledTotalBytes', 'batchUnsettledDays'] as const
  return Object.fromEntries(
    names.map((it) => [variables[it].name, String(options[it] ?? variables[it].default)]),
  )
}

async function indexedBlockAt(url: string, chainId: number): Promise<bigint | undefined> {
  try {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5_000) })
    const status = (await response.json()) as Record<string, { block?: { number?: number } }>
    const number = status[chainId]?.block?.number
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
