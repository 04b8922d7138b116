import { createHash, randomBytes } from 'node:crypto'
import { encodeBatchData } from '@assay/sdk'
import { type Hex, toHex } from 'viem'

export type TestBatch = { data: Uint8Array; digest: Hex; name: string }

/** Batch data of so many inferences, different each time. */
export function randomBatch(count = 3): TestBatch {
  const [modelId, environmentId] = [toHex(randomBytes(32)), toHex(randomBytes(32))]
  const noise = randomBytes(32 * count)
  return batchOf(
    encodeBatchData(
      Array.from({ length: count }, (_, i) => ({
        modelId,
        environmentId,
        servedAt: 1_790_000_000_000n + BigInt(i),
        commitment: toHex(noise.subarray(32 * i, 32 * i + 32)),
      })),
    ),
  )
}

/** Any bytes with their digest. */
export function batchOf(data: Uint8Array): TestBatch {
  const name = createHash('sha256').update(data).digest('hex')
  return { data, digest: `0x${name}`, name }
}
