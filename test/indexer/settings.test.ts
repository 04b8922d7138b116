import { expect, test } from 'vitest'
import { IndexerSettingsError } from '../../indexer/errors.ts'
import { readSettings } from '../../indexer/settings.ts'

const least = { ASSAY_CHAIN_ID: '31337', ASSAY_RPC_URL: 'http://127.0.0.1:8545' }

test('default: what is not set', () => {
  expect(readSettings({ ...least, ASSAY_BATCH_TOKEN: ' ' })).toMatchObject({
    ...{ chainId: 31_337, rpcUrls: ['http://127.0.0.1:8545'], wsUrl: undefined },
    ...{ pollingInterval: 1_000, readyBlocks: 5, stuckSeconds: 120, databaseUrl: undefined },
    ...{ schema: 'assay', port: 42_069, hostname: '127.0.0.1', directory: '.ponder/pglite' },
    batches: {
      ...{ directory: '.ponder/batches', schemes: ['https'], addresses: 'public' },
      ...{ ipfsGateway: undefined, maxBytes: 67_108_864 },
    },
    batchToken: undefined,
  })
})

test('behavior: what is set', () => {
  const set = {
    ...{ ASSAY_RPC_URL: 'http://a:1, https://b', ASSAY_WS_URL: 'wss://c' },
    ...{ ASSAY_BATCH_HOSTS: 'any', ASSAY_BATCH_GATEWAY: 'http://127.0.0.1:8080' },
    ...{ ASSAY_BATCH_MAX_BYTES: '1000', ASSAY_BATCH_TOKEN: '0123456789abcdef' },
  }
  expect(readSettings({ ...least, ...set })).toMatchObject({
    ...{ rpcUrls: ['http://a:1', 'https://b'], wsUrl: 'wss://c', batchToken: '0123456789abcdef' },
    batches: {
      ...{ schemes: ['https', 'http'], addresses: 'any', maxBytes: 1_000 },
      ipfsGateway: 'http://127.0.0.1:8080',
    },
  })
})

test.each([
  ['ASSAY_CHAIN_ID', ['', '0', '1.5', 'x', '-1', '9007199254740993']],
  ['ASSAY_RPC_URL', ['', 'x', 'ftp://x', 'http://a,', 'ws://x']],
  ['ASSAY_WS_URL', ['http://x', 'x']],
  ['ASSAY_INFERENCE_LOG', ['0x12', 'x']],
  ['ASSAY_START_BLOCK', ['-1', 'latest']],
  ['ASSAY_STUCK_SECONDS', ['0']],
  ['ASSAY_BATCH_HOSTS', ['all', 'private']],
  ['ASSAY_BATCH_GATEWAY', ['ipfs://x', 'x']],
  ['ASSAY_BATCH_MAX_BYTES', ['0', '64 MiB']],
  ['ASSAY_BATCH_TOKEN', ['short', 'has spaces in the middle', 'ünprintable-token']],
])('error: IndexerSettingsError names %s', (name, values) => {
  for (const value of values) {
    const read = () => readSettings({ ...least, [name]: value })
    expect(read, value).toThrow(IndexerSettingsError)
    expect(read, value).toThrow(name)
  }
})

test('error: a token that is refused is not shown', () => {
  const read = () => readSettings({ ...least, ASSAY_BATCH_TOKEN: 'secret words' })
  expect(read).toThrow('at least 16 printable characters')
  expect(read).not.toThrow('secret')
})
