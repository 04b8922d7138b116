import {
  type Batch,
  batchDigest,
  batchTypedData,
  InvalidInputError,
  logIdOf,
  type InferenceLogPlace,
} from '@assay/sdk'
import fc from 'fast-check'
import {
  bytesToHex,
  encodeAbiParameters,
  getAddress,
  type Hex,
  hashTypedData,
  keccak256,
  parseAbiParameters,
} from 'viem'
import { expect, test } from 'vitest'

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((it): Hex => bytesToHex(it))
const word = hex(32)
const batches: fc.Arbitrary<Batch> = fc.record({
  logId: word,
  first: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  count: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  root: word,
  mode: fc.constantFrom('inline', 'external'),
  dataDigest: word,
})
const places: fc.Arbitrary<InferenceLogPlace> = fc.record({
  chainId: fc.maxSafeNat(),
  inferenceLog: hex(20),
  owner: hex(20),
  sessionKey: hex(20).map((it) => getAddress(it)),
  instance: word,
})

test('default: the digest of a batch is what viem makes of its typed data', () => {
  fc.assert(
    fc.property(batches, fc.maxSafeNat(), hex(20), (batch, chainId, contract) => {
      const expected = hashTypedData(batchTypedData(batch, chainId, contract))
      expect(batchDigest(batch, chainId, contract)).toBe(expected)
    }),
  )
})

test('default: the id of a log is what viem makes of its parts', () => {
  const types = parseAbiParameters('uint256, address, address, address, bytes32')
  fc.assert(
    fc.property(places, (place) => {
      const { chainId, inferenceLog, owner, sessionKey, instance } = place
      const parts = [BigInt(chainId), inferenceLog, owner, sessionKey, instance] as const
      expect(logIdOf(place)).toBe(keccak256(encodeAbiParameters(types, parts)))
    }),
  )
})

test('error: InvalidInputError', () => {
  const place: InferenceLogPlace = {
    chainId: 1,
    inferenceLog: `0x${'1'.repeat(40)}`,
    owner: `0x${'a'.repeat(40)}`,
    sessionKey: `0x${'b'.repeat(40)}`,
    instance: `0x${'2'.repeat(64)}`,
  }
  const batch: Batch = {
    logId: logIdOf(place),
    first: 0n,
    count: 1,
    root: place.instance,
    mode: 'inline',
    dataDigest: place.instance,
  }
  for (const wrong of [
    { owner: place.instance },
    { owner: `0x${'a'.repeat(39)}` },
    { owner: `0x${'a'.repeat(39)}g` },
    { owner: `0x${'aB'.repeat(20)}` },
    { instance: place.owner },
    { chainId: -1 },
  ] as Partial<InferenceLogPlace>[]) {
    expect(() => logIdOf({ ...place, ...wrong }), JSON.stringify(wrong)).toThrow(InvalidInputError)
  }
  for (const wrong of [
    { first: 2n ** 64n },
    { first: -1n },
    { count: 2 ** 32 },
    { root: '0x00' },
    { dataDigest: `0x${'0'.repeat(66)}` },
  ] as Partial<Batch>[]) {
    expect(() => batchDigest({ ...batch, ...wrong }, 1, place.inferenceLog)).toThrow(
      InvalidInputError,
    )
  }
})
