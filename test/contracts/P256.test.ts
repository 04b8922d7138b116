import { environmentIdOf, environmentKeyTypedData, keyTypes, encodeKind } from '@assay/sdk/formats'
import {
  concatHex,
  hashTypedData,
  type Hex,
  hexToBytes,
  sha256,
  slice,
  toHex,
  zeroAddress,
  zeroHash,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bitFlips, byteChanges } from './support/changes.ts'
import { createP256Key, p256Order } from './support/p256.ts'
import { createRandom } from './support/random.ts'
import { type SimulatedChain, startSimulatedChain } from './support/simulated-chain.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const registrant = '0x00000000000000000000000000000000000000A1'
const precompile = '0x0000000000000000000000000000000000000100'
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const word = (value: bigint) => toHex(value, { size: 32 })

// EIP-7951 came with Osaka: before it, OpenZeppelin's Solidity computes.
describe.each([
  { hardfork: 'osaka', native: true },
  { hardfork: 'prague', native: false },
])('P-256 on $hardfork', ({ hardfork, native }) => {
  const random = createRandom(seed)
  let chain: SimulatedChain
  let registry: Hex
  beforeAll(async () => {
    chain = await startSimulatedChain(hardfork)
    registry = chain.contracts.EnvironmentRegistry.address
  })
  afterAll(() => chain.close())

  const registration = (key: Hex) => ({
    ...{ kind: encodeKind('nitro'), measurement: zeroHash, keyType: keyTypes.p256, key },
    ...{ attestationDigest: zeroHash, validUntil: 2 ** 40, verifier: zeroAddress, uri: '' },
  })
  /** The bytes that the key of a registration signs. */
  function messageOf(key: Hex): Uint8Array {
    const place = { chainId: 31_337, environmentRegistry: registry, registrant } as const
    const claim = { ...registration(key), kind: 'nitro', keyType: 'p256' } as const
    return hexToBytes(
      hashTypedData(environmentKeyTypedData(environmentIdOf(claim, place), 31_337, registry)),
    )
  }
  /** The id, or the name of the error. */
  const register = (key: Hex, proof: Hex) =>
    chain
      .simulate(registrant, 'EnvironmentRegistry', 'register', [registration(key), proof, '0x'])
      .then(
        () => 'registered',
        (error: unknown) => (error as { errorName: string }).errorName,
      )
  const newKey = () => createP256Key(random.hex(32))

  test('default: the way that is meant runs, and takes what OpenSSL has signed', async () => {
    const { key, sign } = newKey()
    const message = messageOf(key)
    const proof = sign(message)
    const [x, y] = [slice(key, 1, 33), slice(key, 33)]
    const data = concatHex([sha256(message), proof, x, y])
    const answer = await chain.request('eth_call', [{ to: precompile, data }, 'latest'])
    expect(answer).toBe(native ? word(1n) : '0x')
    for (let i = 0; i < 20; i++) {
      const other = newKey()
      expect(await register(other.key, other.sign(messageOf(other.key)))).toBe('registered')
    }
  })

  test('error: another key, another message, high s, numbers out of range, any byte', async () => {
    const { key, sign } = newKey()
    const other = newKey()
    const proof = sign(messageOf(key))
    const [r, s] = [slice(proof, 0, 32), slice(proof, 32)]
    const numbers = [0n, p256Order, p256Order + 1n, 2n ** 256n - 1n].map(word)
    const refused: Hex[] = [
      ...[other.sign(messageOf(key)), sign(messageOf(other.key)), sign(hexToBytes(zeroHash))],
      // High s is refused on both ways: OpenZeppelin asks before it calls the precompile.
      concatHex([r, word(p256Order - BigInt(s))]),
      ...[...numbers, word(p256Order - 1n)].map((bad) => concatHex([bad, s])),
      ...numbers.map((bad) => concatHex([r, bad])),
      concatHex([zeroHash, zeroHash]),
      concatHex([s, r]),
      ...byteChanges(proof, random),
      ...(native ? bitFlips(proof) : []),
      ...Array.from({ length: 64 }, (_, i) => proof.slice(0, 2 + 2 * i) as Hex),
      ...[concatHex([proof, '0x00']), concatHex([proof, '0x1b']), concatHex([proof, proof])],
    ]
    for (const bad of refused) {
      expect(await register(key, bad), `seed ${seed}, ${bad}`).toBe(
        'EnvironmentRegistry_NoProofOfPossession',
      )
    }
    expect(await register(key, proof)).toBe('registered')
  })

  test('error: no point of the curve, or the negative one', async () => {
    const { key, sign } = newKey()
    const [x, y] = [BigInt(slice(key, 1, 33)), BigInt(slice(key, 33))]
    const points: [bigint, bigint][] = [
      [0n, 0n],
      [x, y + 1n],
      [x, prime - y],
      [y, x],
      [x, 0n],
      [prime, y],
      [x, prime],
      [2n ** 256n - 1n, 2n ** 256n - 1n],
    ]
    for (const [badX, badY] of points) {
      const bad = concatHex(['0x04', word(badX), word(badY)])
      expect(await register(bad, sign(messageOf(bad))), bad).toBe(
        'EnvironmentRegistry_NoProofOfPossession',
      )
    }
  })

  test('error: a key in another form', async () => {
    const { key, sign } = newKey()
    const compressed = concatHex([BigInt(key) & 1n ? '0x03' : '0x02', slice(key, 1, 33)])
    const others: Hex[] = [
      ...[compressed, slice(key, 1), slice(key, 0, 64), concatHex([key, '0x00'])],
      '0x',
      ...([2, 3, 5, 6, 7] as const).map((it) => concatHex([`0x0${it}`, slice(key, 1)])),
    ]
    for (const bad of others) {
      expect(await register(bad, sign(messageOf(bad))), bad).toBe('EnvironmentRegistry_InvalidKey')
    }
  })
})
