import { deployments } from '@assay/sdk/deployments'
import { type Address, getAddress, isAddress } from 'viem'
import type { LoadSettings } from './batches/load-thread.ts'
import { IndexerSettingsError } from './errors.ts'

/** What the indexer has to know before it starts. */
export type IndexerSettings = {
  chainId: number
  /** HTTP(S) endpoints of that chain, at least one. */
  rpcUrls: string[]
  /** WebSocket endpoint that announces new blocks; undefined: the RPC endpoint is polled. */
  wsUrl: string | undefined
  /** Milliseconds between polls. */
  pollingInterval: number
  modelRegistry: Address
  environmentRegistry: Address
  inferenceLog: Address
  verdictRegistry: Address
  /** Block from which on events are read. */
  startBlock: number
  /** How many blocks behind the chain's head `/ready` still says yes. */
  readyBlocks: number
  /** How long it may be behind the chain without having got any further, in seconds. */
  stuckSeconds: number
  /** PostgreSQL connection; undefined: embedded PGlite. */
  databaseUrl: string | undefined
  schema: string
  port: number
  hostname: string
  /** Where PGlite keeps its files; relative to the working directory. */
  directory: string
  /** What may be asked for the data of external batches, and where it is kept. */
  batches: LoadSettings
  /** Who has it may put batch data here; undefined: nobody may. */
  batchToken: string | undefined
}

/** The environment variables that set the indexer up: the one place that says what each means and what holds without it. */
export const variables = {
  chainId: {
    name: 'ASSAY_CHAIN_ID',
    meaning: 'id of the chain to index, such as 31337',
    default: 'none, it must be set',
  },
  rpcUrl: {
    name: 'ASSAY_RPC_URL',
    meaning: 'HTTP(S) endpoint of that chain; several are separated by commas and share the load',
    default: 'none, it must be set',
  },
  wsUrl: {
    name: 'ASSAY_WS_URL',
    meaning: 'WebSocket endpoint of that chain, for new blocks at once instead of by polling',
    default: 'none: the RPC endpoint is polled',
  },
  pollingInterval: {
    name: 'ASSAY_POLLING_INTERVAL',
    meaning: 'milliseconds between polls of the RPC endpoint',
    // 200 ms has been seen to wedge after an outage of the endpoint, 1000 ms recovers.
    default: '1000',
  },
  modelRegistry: {
    name: 'ASSAY_MODEL_REGISTRY',
    meaning: 'address of the ModelRegistry',
    default: "the chain's deployment in @assay/sdk/deployments",
  },
  environmentRegistry: {
    name: 'ASSAY_ENVIRONMENT_REGISTRY',
    meaning: 'address of the EnvironmentRegistry',
    default: "the chain's deployment in @assay/sdk/deployments",
  },
  inferenceLog: {
    name: 'ASSAY_INFERENCE_LOG',
    meaning: 'address of the InferenceLog',
    default: "the chain's deployment in @assay/sdk/deployments",
  },
  verdictRegistry: {
    name: 'ASSAY_VERDICT_REGISTRY',
    meaning: 'address of the VerdictRegistry',
    default: "the chain's deployment in @assay/sdk/deployments",
  },
  startBlock: {
    name: 'ASSAY_START_BLOCK',
    meaning:
      'block from which on events are read; a later one than the deployment loses what was before',
    default: "the deployment's start block, or 0 where addresses are given",
  },
  readyBlocks: {
    name: 'ASSAY_READY_BLOCKS',
    meaning: "number of blocks that the data may be behind the chain's head for /ready to say yes",
    default: '5',
  },
  stuckSeconds: {
    name: 'ASSAY_STUCK_SECONDS',
    meaning:
      'seconds after which it is started anew when it got no further, though the endpoint did',
    default: '120',
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    meaning: 'PostgreSQL connection string',
    default: 'none: embedded PGlite',
  },
  schema: {
    name: 'ASSAY_INDEXER_SCHEMA',
    meaning: 'name of the database schema',
    default: 'assay',
  },
  port: {
    name: 'ASSAY_INDEXER_PORT',
    meaning: 'port for HTTP',
    default: '42069',
  },
  hostname: {
    name: 'ASSAY_INDEXER_HOST',
    meaning: 'address to listen on',
    default: '127.0.0.1',
  },
  directory: {
    name: 'ASSAY_INDEXER_DIRECTORY',
    meaning: 'directory of the embedded PGlite database; a fresh one for each local chain',
    default: '.ponder/pglite',
  },
  batchDirectory: {
    name: 'ASSAY_BATCH_DIRECTORY',
    meaning: 'directory in which the data of external batches is kept; it outlives the database',
    default: '.ponder/batches',
  },
  batchHosts: {
    name: 'ASSAY_BATCH_HOSTS',
    meaning:
      'hosts that are asked for batch data: public (https, addresses of the internet) or any (http and private networks too)',
    default: 'public',
  },
  batchGateway: {
    name: 'ASSAY_BATCH_GATEWAY',
    meaning: 'IPFS gateway that is asked for ipfs: URIs, such as http://127.0.0.1:8080',
    default: 'none: they are not followed',
  },
  batchMaxBytes: {
    name: 'ASSAY_BATCH_MAX_BYTES',
    meaning: 'number of bytes beyond which batch data is not read',
    default: '67108864',
  },
  batchToken: {
    name: 'ASSAY_BATCH_TOKEN',
    meaning: 'token with which batch data may be put here (PUT /batches/<digest>)',
    default: 'none: nobody may put any',
  },
} as const satisfies Record<string, { name: string; meaning: string; default: string }>

type Setting = keyof typeof variables
type Env = Readonly<Record<string, string | undefined>>
type Deployment = Partial<
  Pick<
    IndexerSettings,
    'modelRegistry' | 'environmentRegistry' | 'inferenceLog' | 'verdictRegistry' | 'startBlock'
  >
>

/**
 * Reads the indexer's settings.
 *
 * @param env - Environment variables, see `variables`.
 * @throws IndexerSettingsError naming the variable, what it must be and what was given.
 */
export function readSettings(env: Env): IndexerSettings {
  const chainId = readInteger(env, 'chainId', undefined, 1)
  const deployment = (deployments as Record<number, Deployment>)[chainId]
  return {
    chainId,
    rpcUrls: readUrls(env, 'rpcUrl', ['http:', 'https:']),
    wsUrl: read(env, 'wsUrl') && readUrls(env, 'wsUrl', ['ws:', 'wss:'])[0],
    pollingInterval: readInteger(env, 'pollingInterval', 1000, 1),
    modelRegistry: readAddress(env, 'modelRegistry', deployment?.modelRegistry),
    environmentRegistry: readAddress(env, 'environmentRegistry', deployment?.environmentRegistry),
    inferenceLog: readAddress(env, 'inferenceLog', deployment?.inferenceLog),
    verdictRegistry: readAddress(env, 'verdictRegistry', deployment?.verdictRegistry),
    startBlock: readInteger(env, 'startBlock', deployment?.startBlock ?? 0, 0),
    readyBlocks: readInteger(env, 'readyBlocks', Number(variables.readyBlocks.default), 0),
    stuckSeconds: readInteger(env, 'stuckSeconds', Number(variables.stuckSeconds.default), 1),
    databaseUrl: read(env, 'databaseUrl'),
    schema: read(env, 'schema') ?? variables.schema.default,
    port: readInteger(env, 'port', Number(variables.port.default), 1),
    hostname: read(env, 'hostname') ?? variables.hostname.default,
    directory: read(env, 'directory') ?? variables.directory.default,
    batches: readBatches(env),
    batchToken: readToken(env),
  }
}

/** As `bearerToken` of @assay/sdk/stores takes it. */
function readToken(env: Env): string | undefined {
  const token = read(env, 'batchToken')
  if (token !== undefined && !/^[\x21-\x7e]{16,}$/.test(token)) {
    refuse('batchToken', 'is not at least 16 printable characters without spaces')
  }
  return token
}

function readBatches(env: Env): LoadSettings {
  const hosts = read(env, 'batchHosts') ?? variables.batchHosts.default
  if (hosts !== 'public' && hosts !== 'any') {
    refuse('batchHosts', `is neither public nor any: ${JSON.stringify(hosts)}`)
  }
  return {
    directory: read(env, 'batchDirectory') ?? variables.batchDirectory.default,
    schemes: hosts === 'any' ? ['https', 'http'] : ['https'],
    addresses: hosts,
    ipfsGateway: read(env, 'batchGateway') && readUrls(env, 'batchGateway', ['http:', 'https:'])[0],
    maxBytes: readInteger(env, 'batchMaxBytes', Number(variables.batchMaxBytes.default), 1),
  }
}

function read(env: Env, setting: Setting): string | undefined {
  return env[variables[setting].name]?.trim() || undefined
}

function refuse(setting: Setting, problem: string): never {
  throw new IndexerSettingsError(variables[setting], problem)
}

function readInteger(
  env: Env,
  setting: Setting,
  fallback: number | undefined,
  minimum: number,
): number {
  const text = read(env, setting)
  if (text === undefined) return fallback ?? refuse(setting, 'is not set')
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
    refuse(setting, `is not a whole number from ${minimum} on: ${JSON.stringify(text)}`)
  }
  return value
}

function readAddress(env: Env, setting: Setting, fallback: Address | undefined): Address {
  const text = read(env, setting)
  if (text === undefined) {
    return fallback ?? refuse(setting, 'is not set, and the chain has no known deployment')
  }
  if (!isAddress(text, { strict: false })) {
    refuse(setting, `is not an address: ${JSON.stringify(text)}`)
  }
  return getAddress(text.toLowerCase())
}

function readUrls(env: Env, setting: Setting, protocols: readonly string[]): string[] {
  const urls = (read(env, setting) ?? refuse(setting, 'is not set'))
    .split(',')
    .map((url) => url.trim())
  for (const url of urls) {
    if (!protocols.includes(URL.parse(url)?.protocol ?? '')) {
      refuse(setting, `is not a URL with ${protocols.join(' or ')}`)
    }
  }
  return urls
}
