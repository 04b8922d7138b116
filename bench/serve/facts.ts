import { checkBatchData, leafHashesOfData } from '@assay/sdk/formats'
import { bytesToHex, toHex } from 'viem'
import type { BenchChain } from '../indexer/chain.ts'

/** An inference that is on chain, and what an indexer has to say of it. */
export type Fact = { inferenceId: string; sequence: string; commitment: string; root: string }

type Batch = Pick<
  Awaited<ReturnType<BenchChain['settleExternal']>>,
  'logId' | 'first' | 'count' | 'root' | 'data'
>

/** Some inferences of a batch, of which the chain makes the commitments of their sequence numbers. */
export function factsOf(batch: Batch, places: readonly number[]): Fact[] {
  const { logId, first, root, data } = batch
  const layout = checkBatchData(data)
  return places.map((place) => {
    const sequence = first + BigInt(place)
    const id = leafHashesOfData(logId, first, data, layout, place, place + 1)
    return {
      inferenceId: bytesToHex(id),
      sequence: String(sequence),
      commitment: toHex(sequence, { size: 32 }),
      root,
    }
  })
}
