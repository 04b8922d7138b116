import { encodeFunctionData, toHex, zeroHash } from 'viem'
import { inferenceLogAbi } from '@assay/sdk/abi'
import { expect, test } from 'vitest'
import { createRate } from '../../relay/src/rate.ts'
import { sharesOf, split } from '../../relay/src/spending/shares.ts'
import { createSpending, spendingWindow } from '../../relay/src/spending/spending.ts'
import { pack } from '../../relay/src/settlements/gather.ts'
import { accountOf } from '../indexer/support/chain.ts'

const [a, b] = [
  '0x00000000000000000000000000000000000000aa',
  '0x00000000000000000000000000000000000000bb',
] as const

test('default: what is spent counts for 24 hours, what is reserved until it is given back', () => {
  let time = 1_000_000
  const spending = createSpending(100n, () => time)
  const note = (hash: string, cost: bigint) =>
    spending.note({ hash, time, cost, shares: [{ account: a, weight: 1n }] })
  note('0x1', 60n)
  note('0x1', 60n)
  expect(spending.of(a)).toBe(60n)
  const release = spending.reserve(a, 40n)
  expect(() => spending.reserve(a, 1n)).toThrow('may spend')
  expect(spending.reserve(b, 100n)).toBeTypeOf('function')
  release()
  release()
  expect(spending.of(a)).toBe(60n)
  time += spendingWindow - 10
  note('0x2', 5n)
  expect(spending.of(a)).toBe(65n)
  time += 11
  expect(spending.of(a)).toBe(5n)
  expect(() => spending.reserve(a, 96n)).toThrow(
    expect.objectContaining({ code: 'budget-exceeded', retryAfter: spendingWindow - 11 }) as Error,
  )
  spending.note({ hash: '0x3', time: 5, cost: 9n, shares: [{ account: a, weight: 1n }] })
  expect(spending.of(a)).toBe(5n)
})

test('default: the rate is a sliding minute', () => {
  let time = 0
  const rate = createRate(2, () => time)
  rate.take(a)
  time = 30_000
  rate.take(a)
  expect(() => rate.take(a)).toThrow(expect.objectContaining({ retryAfter: 30 }) as Error)
  rate.take(b)
  time = 60_001
  rate.take(a)
  expect(() => rate.take(a)).toThrow('2 a minute')
  time = 500_000
  rate.take(a)
})

test('behavior: a cost is shared by what each batch takes, to the last wei', () => {
  const batch = (owner: typeof a | typeof b, length: number) => ({
    log: { owner, sessionKey: accountOf(1).address, instance: zeroHash },
    ...{ first: 0n, count: 1, root: zeroHash, mode: 0, dataDigest: zeroHash },
    data: toHex(new Uint8Array(length)),
    signature: '0x' as const,
  })
  const input = encodeFunctionData({
    abi: inferenceLogAbi,
    functionName: 'settleMany',
    args: [[batch(a, 115), batch(b, 42_000), batch(a, 115)]],
  })
  const shares = sharesOf(input)
  expect(shares.map(({ account }) => account)).toEqual([a, b, a])
  for (const cost of [1n, 7n, 10n ** 15n + 1n]) {
    const parts = split(cost, shares)
    expect([...parts.values()].reduce((sum, it) => sum + it, 0n)).toBe(cost)
  }
  const parts = split(10n ** 15n, shares)
  expect(parts.get(b) as bigint).toBeGreaterThan(10n * (parts.get(a) as bigint))
  expect(sharesOf('0x')).toEqual([])
  expect(sharesOf('0x12345678')).toEqual([])
})

test('behavior: units share a transaction while they fit, in their order, save those that should be alone', () => {
  const unit = (bytes: number, alone = false) => ({
    alone,
    batches: [
      {
        batch: { mode: 'inline', data: toHex(new Uint8Array(bytes)), first: 0n, count: 1 },
      } as never,
    ],
  })
  const units = [unit(115), unit(115, true), unit(115), unit(40_000), unit(20_000), unit(20_000)]
  const packs = pack(units, 16_500_000n).map((list) => list.map((it) => units.indexOf(it)))
  expect(packs).toEqual([[1], [3], [0, 2, 4], [5]])
  const small = Array.from({ length: 300 }, () => unit(115))
  const sizes = pack(small, 16_500_000n).map(({ length }) => length)
  expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(300)
  expect(Math.max(...sizes)).toBeGreaterThan(90)
})
