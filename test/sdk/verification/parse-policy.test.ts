import { defaultPolicy, InvalidPolicyError, parsePolicy, verifyReceipt } from '@assay/sdk'
import { expect, test } from 'vitest'

const address = `0x${'ab'.repeat(20)}`
const chain = {
  inferenceLog: address,
  modelRegistry: address,
  environmentRegistry: address,
  verdictRegistry: address,
}
const full = {
  schema: 'assay/policy/v1',
  chains: {
    8453: { ...chain, startBlock: 7, rpcs: ['https://rpc.example/key'], finality: 'finalized' },
    1: { ...chain, finality: { confirmations: 64 } },
  },
  require: ['commitment', 'settlement', 'log'],
  publishers: [address],
  auditors: [
    {
      account: address,
      subjects: ['inference'],
      tags: ['replay'],
      minScore: 100,
      maxAgeSeconds: 60,
    },
  ],
  environments: {
    registrants: [address],
    kinds: ['nitro'],
    measurements: [`0x${'1'.repeat(64)}`],
    verifiers: [address],
    attestationRoots: [`0x${'2'.repeat(64)}`],
    maxAgeSeconds: 60,
  },
  maxAgeSeconds: 60,
}

/** A policy with one member replaced; the path's parts are separated by dots. */
function withMember(path: string, value: unknown): unknown {
  const copy = structuredClone(full) as unknown
  const parts = path.split('.')
  const last = parts.pop() ?? ''
  const holder = parts.reduce((at, part) => (at as Record<string, unknown>)[part], copy)
  if (value === undefined) Reflect.deleteProperty(holder as object, last)
  else (holder as Record<string, unknown>)[last] = value
  return copy
}

test('default: a policy with everything, as value and as text', () => {
  expect(parsePolicy(full)).toEqual(full)
  expect(parsePolicy(JSON.stringify(full))).toEqual(full)
  expect(parsePolicy(defaultPolicy)).toEqual(JSON.parse(JSON.stringify(defaultPolicy)))
})

test('behavior: addresses come in lower case, and by their checksum', () => {
  const checksummed = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
  expect(parsePolicy({ ...full, publishers: [checksummed] }).publishers).toEqual([
    checksummed.toLowerCase(),
  ])
  const misspelt = checksummed.replace('5aAeb', '5AAeb')
  expect(() => parsePolicy({ ...full, publishers: [misspelt] })).toThrow(/publishers\[0\].*EIP-55/)
})

test('behavior: a tag is left as it is, though it looks like an address', () => {
  const tag = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
  const policy = withMember('auditors.0.tags', [tag, 'Replay'])
  expect(parsePolicy(policy).auditors?.[0]?.tags).toEqual([tag, 'Replay'])
})

test.each<[string, unknown]>([
  ['schema', 'assay/policy/v2'],
  ['schema', undefined],
  ['chains', []],
  ['chains', undefined],
  ['chains.8453.inferenceLog', '0x12'],
  ['chains.8453.verdictRegistry', undefined],
  ['chains.8453.rpcs', []],
  ['chains.8453.rpcs', ['file:///etc/passwd']],
  ['chains.8453.finality', 'latest'],
  ['chains.8453.finality', { confirmations: 0 }],
  ['chains.8453.finality', { confirmations: 1.5 }],
  ['chains.8453.finality', { confirmations: '3' }],
  ['chains.8453.startBlock', -1],
  ['chains.8453.owner', address],
  ['require', []],
  ['require', ['settled']],
  ['require', 'settlement'],
  ['auditors.0.subjects', []],
  ['auditors.0.tags', []],
  ['auditors.0.minScore', 0],
  ['auditors.0.minScore', 101],
  ['auditors.0.weight', 2],
  ['environments.measurements', ['0x11']],
  ['environments.debug', true],
  ['maxAgeSeconds', 0],
  ['maxAgeSeconds', Infinity],
  ['maxAge', 60],
])('error: InvalidPolicyError names the place: %s = %j', (path, value) => {
  let error: unknown
  try {
    parsePolicy(withMember(path, value))
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(InvalidPolicyError)
  const place = path.replace(/\.(\d)(?=\.|$)/g, '[$1]')
  expect((error as InvalidPolicyError).path.startsWith(place)).toBe(true)
})

test.each([
  ['a chain that is no number', { ...full, chains: { mainnet: chain } }],
  ['a chain id with zeros before it', { ...full, chains: { '01': chain } }],
  ['text that is no JSON', '{'],
  [
    'a member that is named twice',
    JSON.stringify(full).replace('{', '{"schema":"assay/policy/v1",'),
  ],
  ['a prototype', '{"__proto__":{"require":[]}}'],
  ['nothing', undefined],
  ['a list', []],
])('error: InvalidPolicyError for %s', (_, policy) => {
  expect(() => parsePolicy(policy)).toThrow(InvalidPolicyError)
})

test('error: InvalidPolicyError, before anything is judged by half a policy', async () => {
  const policy = { ...defaultPolicy, require: ['settled'] } as never
  await expect(verifyReceipt('{}', { policy })).rejects.toThrow(InvalidPolicyError)
})
