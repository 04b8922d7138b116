import { deployments } from '@assay/sdk/deployments'
import type { Address } from 'viem'
import type { LoadSettings } from './batches/load-thread.ts'
import { defaultSettings, type GatewaySettings } from './gateway/settings.ts'
import {
  type Env,
  type Given,
  integerOf,
  read,
  readAddress,
  readInteger,
  readUrls,
  refuse,
} from './read-variable.ts'
import { readTokens, type UploadToken } from './uploads/tokens.ts'
import type { UploadLimits } from './uploads/uploads.ts'
import { chainVariables, type Setting, variableOf, variables } from './variables.ts'

/** A chain that is indexed. */
export type ChainSettings = {
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
}

/** What the indexer has to know before it starts. */
export type IndexerSettings = {
  /** At least one, of different ids. */
  chains: ChainSettings[]
  /** How many blocks behind the chain's head `/ready` still says yes. */
  readyBlocks: number
  /** How long it may be behind the chain without having got any further, in seconds. */
  stuckSeconds: number
  /** PostgreSQL connection; undefined: embedded PGlite. */
  databaseUrl: string | undefined
  schema: string
  /** Schema whose views show a version once it has caught up; undefined: nobody reads by views. */
  viewsSchema: string | undefined
  port: number
  hostname: string
  /** Processes that only answer, beside the one that indexes. */
  readers: number
  /** What holds for who asks. */
  gateway: GatewaySettings
  /** Where PGlite keeps its files; relative to the working directory. */
  directory: string
  /** What may be asked for the data of external batches, and where it is kept. */
  batches: LoadSettings
  /** Who may put batch data here, and how much that is not settled. */
  uploads: UploadSettings
}

/** Who may put batch data, and how much of it may be here that no settlement names. */
export type UploadSettings = UploadLimits & { tokens: readonly UploadToken[] }

type Deployment = Partial<Omit<ChainSettings, 'chainId' | 'rpcUrls' | 'wsUrl' | 'pollingInterval'>>

/**
 * Reads the indexer's settings.
 *
 * @param env - Environment variables, see `variables`.
 * @throws IndexerSettingsError naming the variable, what it must be and what was given.
 */
export function readSettings(env: Env): IndexerSettings {
  const given = { env, suffix: '' }
  return {
    chains: readChains(given),
    readyBlocks: readInteger(given, 'readyBlocks', Number(variables.readyBlocks.default), 0),
    stuckSeconds: readInteger(given, 'stuckSeconds', Number(variables.stuckSeconds.default), 1),
    databaseUrl: read(given, 'databaseUrl'),
    ...readSchemas(given),
    port: readInteger(given, 'port', Number(variables.port.default), 1),
    hostname: read(given, 'hostname') ?? variables.hostname.default,
    directory: read(given, 'directory') ?? variables.directory.default,
    readers: readInteger(given, 'readers', 0, 0),
    gateway: readGateway(given),
    batches: readBatches(given),
    uploads: readUploads(given),
  }
}

function readChains({ env }: Given): ChainSettings[] {
  const given = { env, suffix: '' }
  const texts = (read(given, 'chainId') ?? refuse('chainId', 'is not set')).split(',')
  const ids = texts.map((text) => integerOf('chainId', text.trim(), 1))
  if (new Set(ids).size < ids.length) refuse('chainId', 'names a chain twice')
  const [only] = ids
  if (ids.length === 1) return [readChain(given, only!)]
  // It might be meant for any of them.
  const ofNone = chainVariables.find((setting) => read(given, setting) !== undefined)
  if (ofNone) refuse(ofNone, `says not of which chain: name it ${variableOf(ofNone, ids[0]!)}`)
  return ids.map((chainId) => readChain({ env, suffix: `_${chainId}` }, chainId))
}

function readChain(given: Given, chainId: number): ChainSettings {
  const deployment = (deployments as Record<number, Deployment>)[chainId]
  return {
    chainId,
    rpcUrls: readUrls(given, 'rpcUrl', ['http:', 'https:']),
    wsUrl: read(given, 'wsUrl') && readUrls(given, 'wsUrl', ['ws:', 'wss:'])[0],
    pollingInterval: readInteger(given, 'pollingInterval', 1000, 1),
    modelRegistry: readAddress(given, 'modelRegistry', deployment?.modelRegistry),
    environmentRegistry: readAddress(given, 'environmentRegistry', deployment?.environmentRegistry),
    inferenceLog: readAddress(given, 'inferenceLog', deployment?.inferenceLog),
    verdictRegistry: readAddress(given, 'verdictRegistry', deployment?.verdictRegistry),
    startBlock: readInteger(given, 'startBlock', deployment?.startBlock ?? 0, 0),
  }
}

function readGateway(given: Given): GatewaySettings {
  const { rateLimit, trustedProxies, queryRows } = defaultSettings
  const accessLog = read(given, 'accessLog') ?? defaultSettings.accessLog
  if (accessLog !== 'all' && accessLog !== 'errors' && accessLog !== 'none') {
    refuse('accessLog', `is none of all, errors and none: ${JSON.stringify(accessLog)}`)
  }
  return {
    rateLimit: readInteger(given, 'rateLimit', rateLimit, 0),
    trustedProxies: readInteger(given, 'trustedProxies', trustedProxies, 0),
    queryRows: readInteger(given, 'queryRows', queryRows, 1),
    corsOrigins: readOrigins(given),
    metricsToken: readToken(given, 'metricsToken'),
    accessLog,
  }
}

function readOrigins(given: Given): '*' | readonly string[] {
  const text = read(given, 'corsOrigins')
  if (text === undefined || text === '*') return '*'
  if (text === 'none') return []
  const origins = text.split(',').map((it) => it.trim())
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      refuse('corsOrigins', `is neither *, none nor a list of origins: ${JSON.stringify(origin)}`)
    }
  }
  return origins
}

/** What the commands for running in production have to know; a chain or an endpoint is none of it. */
export type OperationsSettings = Pick<IndexerSettings, 'schema' | 'viewsSchema'> & {
  /** PostgreSQL connection. */
  databaseUrl: string
  batchDirectory: string
  /** Directory of pg_dump and pg_restore; undefined: on the PATH. */
  postgresPrograms: string | undefined
}

/**
 * Reads the settings of the commands for running in production.
 *
 * @throws IndexerSettingsError naming the variable, what it must be and what was given.
 */
export function readOperationsSettings(env: Env): OperationsSettings {
  const given = { env, suffix: '' }
  return {
    databaseUrl: read(given, 'databaseUrl') ?? refuse('databaseUrl', 'is not set'),
    ...readSchemas(given),
    batchDirectory: read(given, 'batchDirectory') ?? variables.batchDirectory.default,
    postgresPrograms: read(given, 'postgresPrograms'),
  }
}

function readSchemas(given: Given) {
  const schema = read(given, 'schema') ?? variables.schema.default
  const viewsSchema = read(given, 'viewsSchema')
  if (viewsSchema === schema || viewsSchema === 'ponder_sync') {
    refuse('viewsSchema', `is a schema that has other uses: ${JSON.stringify(viewsSchema)}`)
  }
  return { schema, viewsSchema }
}

/** As `bearerToken` of @assay/sdk/stores takes it. */
function readToken(given: Given, setting: Setting): string | undefined {
  const token = read(given, setting)
  if (token !== undefined && !/^[\x21-\x7e]{16,}$/.test(token)) {
    refuse(setting, 'is not at least 16 printable characters without spaces')
  }
  return token
}

function readUploads(given: Given): UploadSettings {
  const text = read(given, 'batchTokens')
  const tokens = text === undefined ? [] : readTokens(text)
  if ('problem' in tokens) refuse('batchTokens', tokens.problem)
  const numberOf = (setting: Setting) =>
    readInteger(given, setting, Number(variables[setting].default), 1)
  return {
    tokens,
    maxBytesOfName: numberOf('batchUnsettledBytes'),
    maxBytes: numberOf('batchUnsettledTotalBytes'),
    maxAgeMillis: numberOf('batchUnsettledDays') * 86_400_000,
  }
}

function readBatches(given: Given): LoadSettings {
  const hosts = read(given, 'batchHosts') ?? variables.batchHosts.default
  if (hosts !== 'public' && hosts !== 'any') {
    refuse('batchHosts', `is neither public nor any: ${JSON.stringify(hosts)}`)
  }
  return {
    directory: read(given, 'batchDirectory') ?? variables.batchDirectory.default,
    schemes: hosts === 'any' ? ['https', 'http'] : ['https'],
    addresses: hosts,
    ipfsGateway:
      read(given, 'batchGateway') && readUrls(given, 'batchGateway', ['http:', 'https:'])[0],
    maxBytes: readInteger(given, 'batchMaxBytes', Number(variables.batchMaxBytes.default), 1),
  }
}
