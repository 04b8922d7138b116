import { expect, test } from 'vitest'
import { IndexerSettingsError } from '../../indexer/errors.ts'
import { readSettings } from '../../indexer/settings.ts'

const least = { ASSAY_CHAIN_ID: '31337', ASSAY_RPC_URL: 'http://127.0.0.1:8545' }

test('default: what is not set', () => {
  expect(readSettings({ ...least, ASSAY_BATCH_TOKENS: ' ' })).toMatchObject({
    chains: [
      {
        ...{ chainId: 31_337, rpcUrls: ['http://127.0.0.1:8545'], wsUrl: undefined },
        pollingInterval: 1_000,
      },
    ],
    ...{ readyBlocks: 5, stuckSeconds: 120, databaseUrl: undefined },
    ...{ schema: 'assay', port: 42_069, hostname: '127.0.0.1', directory: '.ponder/pglite' },
    batches: {
      ...{ directory: '.ponder/batches', schemes: ['https'], addresses: 'public' },
      ...{ ipfsGateway: undefined, maxBytes: 67_108_864 },
    },
    readers: 0,
    gateway: {
      ...{ rateLimit: 1_200, trustedProxies: 0, queryRows: 10_000, corsOrigins: '*' },
      ...{ metricsToken: undefined, accessLog: 'errors' },
    },
    uploads: {
      ...{ tokens: [], maxBytesOfName: 2 ** 30, maxBytes: 2 ** 33, maxAgeMillis: 604_800_000 },
    },
  })
})

test('behavior: what is set', () => {
  const set = {
    ...{ ASSAY_RPC_URL: 'http://a:1, https://b', ASSAY_WS_URL: 'wss://c' },
    ...{ ASSAY_BATCH_HOSTS: 'any', ASSAY_BATCH_GATEWAY: 'http://127.0.0.1:8080' },
    ...{ ASSAY_BATCH_MAX_BYTES: '1000', ASSAY_BATCH_UNSETTLED_DAYS: '2' },
    ASSAY_BATCH_TOKENS: 'A=0123456789abcdef, b=fedcba==9876543210',
    ...{ ASSAY_INDEXER_READERS: '2', ASSAY_RATE_LIMIT: '0', ASSAY_TRUSTED_PROXIES: '1' },
    ...{ ASSAY_QUERY_ROWS: '5', ASSAY_CORS_ORIGINS: 'https://a, http://b:1' },
    ...{ ASSAY_METRICS_TOKEN: 'fedcba9876543210', ASSAY_ACCESS_LOG: 'none' },
  }
  expect(readSettings({ ...least, ...set })).toMatchObject({
    chains: [{ rpcUrls: ['http://a:1', 'https://b'], wsUrl: 'wss://c' }],
    uploads: {
      maxAgeMillis: 172_800_000,
      tokens: [
        { name: 'a', token: '0123456789abcdef' },
        { name: 'b', token: 'fedcba==9876543210' },
      ],
    },
    batches: {
      ...{ schemes: ['https', 'http'], addresses: 'any', maxBytes: 1_000 },
      ipfsGateway: 'http://127.0.0.1:8080',
    },
    readers: 2,
    gateway: {
      ...{ rateLimit: 0, trustedProxies: 1, queryRows: 5, accessLog: 'none' },
      ...{ corsOrigins: ['https://a', 'http://b:1'], metricsToken: 'fedcba9876543210' },
    },
  })
  expect(readSettings({ ...least, ASSAY_CORS_ORIGINS: 'none' }).gateway.corsOrigins).toEqual([])
})

test.each([
  ['ASSAY_CHAIN_ID', ['', '1,', '1,1', '1,x', '0', '1.5', 'x', '-1', '9007199254740993']],
  ['ASSAY_RPC_URL', ['', 'x', 'ftp://x', 'http://a,', 'ws://x']],
  ['ASSAY_WS_URL', ['http://x', 'x']],
  ['ASSAY_INFERENCE_LOG', ['0x12', 'x']],
  ['ASSAY_START_BLOCK', ['-1', 'latest']],
  ['ASSAY_STUCK_SECONDS', ['0']],
  ['ASSAY_BATCH_HOSTS', ['all', 'private']],
  ['ASSAY_BATCH_GATEWAY', ['ipfs://x', 'x']],
  ['ASSAY_BATCH_MAX_BYTES', ['0', '64 MiB']],
  ['ASSAY_BATCH_UNSETTLED_BYTES', ['0', '1 GiB']],
  [
    'ASSAY_BATCH_TOKENS',
    [
      'a-token-of-no-name',
      'a=short',
      'a=has spaces in the middle',
      'a=ünprintable-token',
      '../a=0123456789abcdef',
    ],
  ],
  ['ASSAY_INDEXER_READERS', ['-1', 'two']],
  ['ASSAY_RATE_LIMIT', ['-1', '1.5']],
  ['ASSAY_TRUSTED_PROXIES', ['yes']],
  ['ASSAY_QUERY_ROWS', ['0']],
  ['ASSAY_CORS_ORIGINS', ['a.example', 'https://a/', 'https://a,*', 'https://a, none']],
  ['ASSAY_METRICS_TOKEN', ['short']],
  ['ASSAY_ACCESS_LOG', ['some']],
])('error: IndexerSettingsError names %s', (name, values) => {
  for (const value of values) {
    const read = () => readSettings({ ...least, [name]: value })
    expect(read, value).toThrow(IndexerSettingsError)
    expect(read, value).toThrow(name)
  }
})

const addresses = {
  ASSAY_MODEL_REGISTRY: '0x1000000000000000000000000000000000000001',
  ASSAY_ENVIRONMENT_REGISTRY: '0x1000000000000000000000000000000000000002',
  ASSAY_INFERENCE_LOG: '0x1000000000000000000000000000000000000003',
  ASSAY_VERDICT_REGISTRY: '0x1000000000000000000000000000000000000004',
}
const of = (chainId: number, env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [`${name}_${chainId}`, value]))

test('behavior: several chains', () => {
  const settings = readSettings({
    ...{ ASSAY_CHAIN_ID: '31337, 8453', ASSAY_RPC_URL_31337: 'http://a' },
    ...of(8453, { ...addresses, ASSAY_RPC_URL: 'http://b', ASSAY_START_BLOCK: '7' }),
  })
  expect(settings.chains).toMatchObject([
    { chainId: 31_337, rpcUrls: ['http://a'] },
    { chainId: 8_453, rpcUrls: ['http://b'], startBlock: 7, pollingInterval: 1_000 },
  ])
  expect(settings.chains[1]!.inferenceLog).toBe(addresses.ASSAY_INFERENCE_LOG)
})

test('error: IndexerSettingsError names the variable of the chain', () => {
  const two = { ASSAY_CHAIN_ID: '31337,8453', ASSAY_RPC_URL_31337: 'http://a' }
  expect(() => readSettings(two)).toThrow('ASSAY_RPC_URL_8453 is not set')
  const url = { ...two, ASSAY_RPC_URL_8453: 'http://b' }
  expect(() => readSettings(url)).toThrow('ASSAY_MODEL_REGISTRY_8453 is not set, and the chain has')
  // Of which of them it is said can't be known.
  expect(() => readSettings({ ...url, ASSAY_START_BLOCK: '1' })).toThrow(
    'ASSAY_START_BLOCK says not of which chain: name it ASSAY_START_BLOCK_31337',
  )
  const wrong = { ...url, ...of(8453, addresses), ASSAY_WS_URL_8453: 'http://c' }
  expect(() => readSettings(wrong)).toThrow('ASSAY_WS_URL_8453 is not a URL')
})

test('error: a token that is refused is not shown', () => {
  const read = () => readSettings({ ...least, ASSAY_BATCH_TOKENS: 'a=secret words' })
  expect(read).toThrow('at least 16 printable characters')
  expect(read).not.toThrow('secret')
})
