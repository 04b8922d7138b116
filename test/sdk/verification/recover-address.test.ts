import { type Hex, hexToBytes, numberToHex, recoverAddress as recoverByViem, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { multiplyAdd, splitScalar } from '../../../sdk/src/crypto/multiply-add.ts'
import { generator, liftX, mod, n, p } from '../../../sdk/src/crypto/secp256k1.ts'
import { recoverAddress } from '../../../sdk/src/verify/recover-address.ts'

const word = (value: bigint) => numberToHex(value, { size: 32 })
const signatureOf = (r: bigint, s: bigint, v: number): Hex =>
  `0x${word(r).slice(2)}${word(s).slice(2)}${v.toString(16)}`

/** What viem (noble-curves) says, without the forms that the contracts refuse. */
async function reference(digest: Hex, signature: Hex): Promise<string | undefined> {
  if (BigInt(`0x${signature.slice(66, 130)}`) > n / 2n) return undefined
  try {
    return (await recoverByViem({ hash: digest, signature })).toLowerCase()
  } catch {
    // No such point, or infinity.
    return undefined
  }
}

async function agree(digest: Hex, signature: Hex): Promise<string | undefined> {
  const found = recoverAddress(hexToBytes(digest), hexToBytes(signature))
  expect(found, `${digest} ${signature}`).toBe(await reference(digest, signature))
  return found
}

/** Numbers below 2^256 that look random and are the same in each run. */
function* numbers(seed: bigint): Generator<bigint, never> {
  for (let state = seed; ;) {
    state = mod(state * 0x2545f4914f6cdd1dbdd3a1c5b1a9e1f3n + 0x9e3779b97f4a7c15n, 2n ** 512n)
    yield state >> 256n
  }
}

const multiple = (k: bigint) => multiplyAdd(mod(k, n), 0n, generator)!
/** λ: multiplication by it is (x, y) ↦ (βx, y). */
const lambda = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n

describe('recoverAddress', () => {
  test('default: the signer of a digest', async () => {
    for (let i = 1; i <= 20; i++) {
      const account = privateKeyToAccount(word(BigInt(i) ** 40n))
      const digest = word(BigInt(i) ** 50n)
      const signature = await account.sign({ hash: digest })
      expect(await agree(digest, signature)).toBe(account.address.toLowerCase())
    }
  })

  test('behavior: what noble-curves says, of any numbers', async () => {
    const random = numbers(1n)
    let found = 0
    for (let i = 0; i < 200; i++) {
      const [digest, r, s] = [random.next().value, random.next().value, random.next().value]
      const half = s % (n / 2n)
      if (await agree(word(digest), signatureOf(r, half, 27 + (i % 2)))) found++
    }
    // About every other number is the x of a point.
    expect(found).toBeGreaterThan(60)
    expect(found).toBeLessThan(140)
  })

  test('behavior: points that meet in the table: G, −G, λG and small multiples as R', async () => {
    const multiples = [1n, 2n, 3n, 4n, lambda, lambda + 1n, lambda * lambda, n - 3n, 2n * lambda]
    let found = 0
    for (const k of multiples) {
      const r = multiple(k).x
      for (const z of [0n, 1n, 2n, r, n - 1n, n, n + 1n, 2n ** 256n - 1n, lambda, n - lambda]) {
        for (const s of [1n, 2n, 3n, r % (n / 2n), n / 2n, lambda % (n / 2n)]) {
          for (const v of [27, 28]) if (await agree(word(z), signatureOf(r, s, v))) found++
        }
      }
    }
    expect(found).toBeGreaterThan(1000)
  })

  test('behavior: a key at infinity is none', async () => {
    for (const [k, s] of [
      [1n, 1n],
      [2n, 5n],
      [lambda, 7n],
      [12345678901234567890n, n / 2n],
    ] as const) {
      const { x: r, y } = multiple(k)
      const v = y % 2n === 0n ? 27 : 28
      expect(await agree(word(mod(s * k, n)), signatureOf(r, s, v))).toBeUndefined()
      expect(await agree(word(mod(s * k + 1n, n)), signatureOf(r, s, v))).toBeDefined()
    }
  })

  test('behavior: only the form that the contracts take', async () => {
    const account = privateKeyToAccount(word(7n))
    const digest = word(8n)
    const signature = hexToBytes(await account.sign({ hash: digest }))
    const recover = (change: (bytes: Uint8Array) => Uint8Array) =>
      recoverAddress(hexToBytes(digest), change(Uint8Array.from(signature)))
    const withWord = (place: number, value: bigint) =>
      recover((it) => {
        it.set(hexToBytes(word(value)), place)
        return it
      })
    expect(recover((it) => it)).toBe(account.address.toLowerCase())
    for (const v of [0, 1, 2, 26, 29, 30, 31, 37, 255]) {
      expect(recover((it) => it.fill(v, 64))).toBeUndefined()
    }
    const s = BigInt(toHex(signature.subarray(32, 64)))
    for (const other of [0n, n - s, n / 2n + 1n, n, n + s, 2n ** 256n - 1n].filter(
      (it) => it < 2n ** 256n,
    )) {
      expect(withWord(32, other)).toBeUndefined()
    }
    for (const r of [0n, n, n + 1n, p, 2n ** 256n - 1n]) expect(withWord(0, r)).toBeUndefined()
    for (const length of [0, 1, 64]) {
      expect(recover((it) => it.subarray(0, length))).toBeUndefined()
    }
    expect(recover((it) => Uint8Array.from([...it, 0]))).toBeUndefined()
  })
})

describe('the arithmetic', () => {
  test('behavior: a scalar is split into two halves that give it back', () => {
    const random = numbers(2n)
    const some = Array.from({ length: 2000 }, () => random.next().value % n)
    for (const k of [0n, 1n, n - 1n, lambda, n - lambda, n / 2n, n / 2n + 1n, ...some]) {
      const [k1, k2] = splitScalar(k)
      expect(mod(k1 + k2 * lambda, n)).toBe(k)
      for (const half of [k1, k2]) expect(half < 2n ** 128n && half > -(2n ** 128n)).toBe(true)
    }
  })

  test('behavior: nothing times anything is infinity', () => {
    expect(multiplyAdd(0n, 0n, generator)).toBeUndefined()
    expect(multiplyAdd(5n, n - 5n, generator)).toBeUndefined()
    expect(multiplyAdd(5n, n - 4n, generator)).toEqual(generator)
    expect(multiplyAdd(0n, 1n, generator)).toEqual(generator)
  })

  test('behavior: x that is of no point is lifted to none', () => {
    expect(liftX(generator.x, false)).toEqual(generator)
    expect(liftX(generator.x, true)).toEqual({ x: generator.x, y: p - generator.y })
    expect(liftX(5n, false)).toBeUndefined()
    expect(liftX(0n, false)).toBeUndefined()
  })
})
