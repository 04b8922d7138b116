import { buildBatch, logIdOf } from '@assay/sdk/formats'
import { encodeAbiParameters, type Hex, keccak256, maxUint64, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from './support/random.ts'
import { type SimulatedChain, startSimulatedChain } from './support/simulated-chain.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const owner = '0x00000000000000000000000000000000000000A1'
const long = process.env.ASSAY_TEST_LONG === '1'
const sizes = Array.from({ length: 2_000 }, (_, i) => i + 1).filter(
  // All of them take a minute and more: here the small ones, those around powers of two, and some between.
  (size) => long || size <= 300 || size % 17 === 0 || isNearPowerOfTwo(size) || size === 2_000,
)

let chain: SimulatedChain
beforeAll(async () => {
  chain = await startSimulatedChain()
})
afterAll(() => chain.close())

test(
  'behavior: the chain computes the SDK’s root, for sizes from 1 to 2,000',
  { timeout: long ? 600_000 : 60_000 },
  async () => {
    const random = createRandom(seed)
    const { address } = chain.contracts.InferenceLog
    for (const size of sizes) {
      const key = { owner, sessionKey: random.hex(20), instance: random.hex(32) } as const
      const logId = logIdOf({ ...key, chainId: 31_337, inferenceLog: address })
      const first = someFirst(size)
      // Written: nobody can settle so many before.
      await chain.request('hardhat_setStorageAt', [
        address,
        headSlot(logId),
        toHex(first, { size: 32 }),
      ])
      const models = Array.from({ length: 1 + random.below(5) }, () => random.hex(32))
      const environments = Array.from({ length: 1 + random.below(5) }, () => random.hex(32))
      const records = Array.from({ length: size }, () => ({
        modelId: random.pick(models),
        environmentId: random.pick(environments),
        commitment: random.hex(32),
        servedAt: BigInt(random.below(2 ** 48)),
      }))
      const { root, data } = buildBatch(logId, first, records, 'inline')
      const settle = (root: Hex) =>
        chain.simulate(owner, 'InferenceLog', 'settleInline', [key, first, size, root, toHex(data)])
      const place = `seed ${seed}, size ${size}, first ${first}`
      expect(await settle(root), place).toBe(true)
      // A refusal takes the simulated chain longer than the computation.
      if (size % 50 !== 1) continue
      const other = random.hex(32)
      await expect(settle(other), place).rejects.toMatchObject({
        ...{ errorName: 'InferenceLog_RootMismatch', args: [other, root] },
      })
    }

    /** Anywhere, or close to either end of 64 bits. */
    function someFirst(size: number): bigint {
      const last = maxUint64 - BigInt(size)
      const near = BigInt(random.below(3))
      const kind = random.weighted({ begin: 1, anywhere: 2, end: 1 })
      if (kind === 'begin') return near
      return kind === 'end' ? last - near : BigInt(random.hex(8)) % last
    }
  },
)

/** Slots 0 to 2 are EIP712's names and the nonces. */
function headSlot(logId: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [logId, 4n]))
}

function isNearPowerOfTwo(size: number): boolean {
  return [-1, 0, 1].some((i) => Number.isInteger(Math.log2(size + i)))
}
