import type { BatchRecord } from '../formats/batch-data.ts'

/** What a transaction may use at most: 2^24 gas (EIP-7825). */
export const maxTransactionGas = 2n ** 24n
/** The same, less room for the node's own rounding. */
const maxGas = 16_500_000
/**
 * Upper bounds for `settleInline`, signature included, from `pnpm bench:gas`: 1,950 for a record after others like it, 2,180 where
 * models take turns; 27 a byte for what is new in a dictionary, as calldata, copied and told in the event.
 */
const fixedGas = 120_000
const recordGas = 2_250
const idGas = 32 * 30

type Ids = Pick<BatchRecord, 'modelId' | 'environmentId'>

/** Adds up the gas of one inline batch, record by record. */
function createMeter(): (record: Ids) => number {
  const ids = new Set<string>()
  let count = 0
  return ({ modelId, environmentId }) => {
    count++
    // The two dictionaries are apart, also where an id stands in both.
    ids.add(`m${modelId}`)
    ids.add(`e${environmentId}`)
    return fixedGas + recordGas * count + idGas * ids.size
  }
}

/** Gas of an inline batch of all records, at most. */
export function inlineGasOf(records: Iterable<Ids>): number {
  const add = createMeter()
  let gas = fixedGas
  for (const record of records) gas = add(record)
  return gas
}

/**
 * How many of the first records fit into one inline batch.
 *
 * @param records - In order; at least one.
 * @param most - No more than these are asked for.
 * @returns At least 1.
 */
export function inlinePrefix(records: Iterable<Ids>, most: number): number {
  const add = createMeter()
  let count = 0
  for (const record of records) {
    if (count === most || add(record) > maxGas) break
    count++
  }
  return Math.max(count, 1)
}
