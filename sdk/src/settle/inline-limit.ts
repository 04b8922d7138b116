import type { BatchRecord } from '../formats/batch-data.ts'

/** What a transaction may use at most (EIP-7825), less room for the node's own rounding. */
const maxGas = 16_500_000
/**
 * Upper bounds for `settleInline`, signature included, from `pnpm bench:gas`: 1,950 for a record after others like it, 2,180 where
 * models take turns; 27 a byte for what is new in a dictionary, as calldata, copied and told in the event.
 */
const fixedGas = 120_000
const recordGas = 2_250
const idGas = 32 * 30

/**
 * How many of the first records fit into one inline batch.
 *
 * @param records - In order; at least one.
 * @param most - No more than these are asked for.
 * @returns At least 1.
 */
export function inlinePrefix(
  records: Iterable<Pick<BatchRecord, 'modelId' | 'environmentId'>>,
  most: number,
): number {
  const ids = new Set<string>()
  let count = 0
  for (const { modelId, environmentId } of records) {
    // The two dictionaries are apart, also where an id stands in both.
    ids.add(`m${modelId}`)
    ids.add(`e${environmentId}`)
    if (count === most || fixedGas + recordGas * (count + 1) + idGas * ids.size > maxGas) break
    count++
  }
  return Math.max(count, 1)
}
