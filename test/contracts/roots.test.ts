/** The root that the chain computes from batch data is the SDK's, for each size from 1 to 2,000. */
import { buildBatch, logIdOf } from '@assay/sdk/formats'
import { type Hex, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, type LocalChain, startChain } from '../indexer/support/chain.ts'
import { revert } from './support/calls.ts'
import { randomFrom } from './support/random.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const largest = 2_000
const all = Array.from({ length: largest }, (_, i) => i + 1)
/** In CI those at the tree's turns, and some between them. */
const sizes = all.filter(
  (n) => long || n <= 70 || n % 97 === 0 || n === largest || [n - 1, n, n + 1].some(isPowerOfTwo),
)

function isPowerOfTwo(n: number): boolean {
  return n > 0 && (n & (n - 1)) === 0
}

const [owner, sessionKey] = [accountOf(1), accountOf(2)]
let chain: LocalChain
beforeAll(async () => {
  chain = await startChain()
  const { write } = chain.as(owner).log
  await chain.mined(await write.authorize([sessionKey.address, 4_102_444_800]))
})
afterAll(() => chain.stop())

test('each size, with up to five models and environments', { timeout: 900_000 }, async () => {
  const random = randomFrom(20_261_121)
  const word = (n: number): Hex => toHex(n, { size: 32 })
  const { simulate } = chain.as(sessionKey).log
  for (const size of sizes) {
    const key = { owner: owner.address, sessionKey: sessionKey.address, instance: word(size) }
    const { inferenceLog } = chain.addresses
    const logId = logIdOf({ ...key, chainId: chain.chainId, inferenceLog })
    const [models, environments] = [1 + random.below(5), 1 + random.below(5)]
    const records = Array.from({ length: size }, (_, i) => ({
      modelId: word(random.below(models)),
      environmentId: word(random.below(environments)),
      commitment: word(size * 10_000 + i),
      servedAt: BigInt(random.below(2 ** 31)),
    }))
    const { root, data } = buildBatch(logId, 0n, records, 'inline')
    const settle = (stated: Hex) =>
      simulate.settleInline([key, 0n, size, stated, toHex(data)], {
        account: sessionKey,
        gas: 16_777_216n,
      })
    expect((await settle(root)).result, `size ${size}`).toBe(true)
    if (random.once(20)) {
      expect(await revert(settle(zeroHash))).toEqual([
        'InferenceLog_RootMismatch',
        [zeroHash, root],
      ])
    }
  }
})
