import { readdir, readFile } from 'node:fs/promises'
import { defaultPolicy, InvalidPolicyError, parsePolicy } from '@assay/sdk/verify'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { at, changed, placesOf } from './support/receipt-changes.ts'

const sdk = new URL('../../sdk/', import.meta.url)
const read = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(path, sdk), 'utf8'))

const schema = (await read('schema/policy-v1.json')) as object
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema)
const names = await readdir(new URL('policies/', sdk))
const ready = await Promise.all(names.map((name) => read(`policies/${name}`)))

const address = `0x${'a'.repeat(40)}`
const word = `0x${'5'.repeat(64)}`
/** Every member that the format knows. */
const full = {
  schema: 'assay/policy/v1',
  chains: {
    1: {
      ...{ inferenceLog: address, modelRegistry: address },
      ...{ environmentRegistry: address, verdictRegistry: address },
      startBlock: 7,
      rpcs: ['https://one.example/key', 'http://127.0.0.1:8545'],
      finality: 'finalized',
    },
    31337: { ...Object.values(defaultPolicy.chains)[0], finality: { confirmations: 12 } },
  },
  require: ['inclusion', 'hints'],
  publishers: [address],
  auditors: [
    { account: address, subjects: ['model', 'inference'], tags: ['replay'], minScore: 90 },
    { account: address, subjects: ['environment'], tags: ['x'], minScore: 1, maxAgeSeconds: 60 },
  ],
  environments: {
    registrants: [address],
    kinds: ['tdx'],
    measurements: [word],
    verifiers: [],
    attestationRoots: [word],
    maxAgeSeconds: 60,
  },
  maxAgeSeconds: 60,
}

function accepts(value: unknown): boolean {
  try {
    parsePolicy(value)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidPolicyError)
    return false
  }
}

/** The value with one member less, and with one that nobody knows, at each object in it. */
function restructured(value: unknown): [string, unknown][] {
  return placesOf(value).flatMap((path): [string, unknown][] => {
    const part = at(value, path)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return []
    const others = [
      { ...part, more: '1' },
      ...Object.keys(part).map((name) =>
        Object.fromEntries(Object.entries(part).filter(([it]) => it !== name)),
      ),
    ]
    return others.map((other) => [path.join('.'), changed(value, path, () => other)])
  })
}

const values = [
  ...['', 'x', '0', '1', 'finalized', 'latest', 'inclusion', 'model', 'assay/policy/v2'],
  ...['http://a', 'HTTPS://a', 'ftp://a', 'wss://a', '//a', '/a'],
  ...[address, address.toUpperCase(), getAddress(address), '0x', word, word.replaceAll('5', 'A')],
  ...[0, 1, -1, 1.5, 100, 101, 1_000_000, 1_000_001, 3_162_240_000, 3_162_240_001, 1e300],
  ...[null, true, [], {}, [''], ['x'], [address], [word], [[]], Array(1001).fill(address)],
  ...[{ confirmations: 0 }, { confirmations: 3 }, 'x'.repeat(256), 'x'.repeat(2049)],
]

describe('sdk/schema/policy-v1.json', () => {
  test('default: it and the reader agree on every policy and every mutation of one', () => {
    let refused = 0
    let accepted = 0
    for (const policy of [full, defaultPolicy, ...ready]) {
      expect(validate(policy), JSON.stringify(validate.errors)).toBe(true)
      const mutated = placesOf(policy).flatMap((path) =>
        values.map((value): [string, unknown] => [
          `${path.join('.')} = ${JSON.stringify(value).slice(0, 80)}`,
          changed<unknown>(policy, path, () => value),
        ]),
      )
      for (const [what, value] of [...mutated, ...restructured(policy)]) {
        expect(accepts(value), what).toBe(validate(value))
        if (validate(value)) accepted++
        else refused++
      }
    }
    expect(refused).toBeGreaterThan(3000)
    expect(accepted).toBeGreaterThan(300)
  })

  test('behavior: what it leaves to readers', () => {
    const { chains } = full
    const withChain = (part: object) => ({ ...full, chains: { 1: { ...chains[1], ...part } } })
    const checksum = getAddress(address)
    const wrong = checksum.replace(/[aA](?=.{3}$)/, (it) => (it === 'a' ? 'A' : 'a'))
    expect(accepts(withChain({ inferenceLog: checksum }))).toBe(true)
    for (const policy of [withChain({ inferenceLog: wrong }), withChain({ rpcs: ['http://'] })]) {
      expect(validate(policy)).toBe(true)
      expect(accepts(policy)).toBe(false)
    }
  })
})
