/** The environment variables that set the indexer up: the one place that says what each means and what holds without it. */
export const variables = {
  chainId: {
    name: 'ASSAY_CHAIN_ID',
    meaning:
      'id of the chain to index, such as 31337; several are separated by commas, and what is said of one has its id behind: ASSAY_RPC_URL_8453',
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
  viewsSchema: {
    name: 'ASSAY_VIEWS_SCHEMA',
    meaning:
      'name of the schema whose views show this version as soon as it has caught up with the one that they show',
    default: 'none: no views are made',
  },
  postgresPrograms: {
    name: 'ASSAY_PG_BIN',
    meaning: 'directory of pg_dump and pg_restore',
    default: 'none: they are looked for on the PATH',
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
  readers: {
    name: 'ASSAY_INDEXER_READERS',
    meaning:
      'number of processes that answer beside the one that indexes, which then only stands in for them; they need PostgreSQL',
    default: '0, and 1 where rows are only served',
  },
  rateLimit: {
    name: 'ASSAY_RATE_LIMIT',
    meaning:
      'number of requests that one client may send a minute, a large query counting as several; 0: any number',
    default: '1200',
  },
  trustedProxies: {
    name: 'ASSAY_TRUSTED_PROXIES',
    meaning:
      'number of proxies in front, each of which adds the address that asked it to X-Forwarded-For',
    default: '0: the address of the connection is the client',
  },
  queryRows: {
    name: 'ASSAY_QUERY_ROWS',
    meaning: 'number of rows that one GraphQL query may make the database read',
    default: '10000',
  },
  corsOrigins: {
    name: 'ASSAY_CORS_ORIGINS',
    meaning:
      'origins whose pages may ask from a browser, separated by commas; * for all, none for no other',
    default: '*: all that is here is public',
  },
  metricsToken: {
    name: 'ASSAY_METRICS_TOKEN',
    meaning: 'token with which /metrics may be read from elsewhere',
    default: 'none: only this machine may read it',
  },
  accessLog: {
    name: 'ASSAY_ACCESS_LOG',
    meaning:
      'requests that are logged: all, errors (those that were refused, failed or took over a second) or none',
    default: 'errors',
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
  batchTokens: {
    name: 'ASSAY_BATCH_TOKENS',
    meaning:
      'who may put batch data here (PUT /batches/<digest>), as name=token, separated by commas; a name is an address or a word',
    default: 'none: nobody may put any',
  },
  batchUnsettledBytes: {
    name: 'ASSAY_BATCH_UNSETTLED_BYTES',
    meaning: 'number of bytes that one of these names may put which no settlement names',
    default: '1073741824',
  },
  batchUnsettledTotalBytes: {
    name: 'ASSAY_BATCH_UNSETTLED_TOTAL_BYTES',
    meaning: 'number of bytes that all of these names together may put which no settlement names',
    default: '8589934592',
  },
  batchUnsettledDays: {
    name: 'ASSAY_BATCH_UNSETTLED_DAYS',
    meaning: 'days after which data that was put and that no settlement has named is removed',
    default: '7',
  },
} as const satisfies Record<string, { name: string; meaning: string; default: string }>

/** Names of the settings that variables set. */
export type Setting = keyof typeof variables

/** What is said of each chain by itself. */
export const chainVariables = [
  'rpcUrl',
  'wsUrl',
  'pollingInterval',
  'modelRegistry',
  'environmentRegistry',
  'inferenceLog',
  'verdictRegistry',
  'startBlock',
] as const satisfies readonly Setting[]
type ChainVariable = (typeof chainVariables)[number]

/** Name of the variable that says it of one of several chains. */
export function variableOf(setting: ChainVariable, chainId: number): string {
  return `${variables[setting].name}_${chainId}`
}
