import type { ChainReader } from './chain-reader.ts'
import { blockAt } from './pinned-block.ts'

/**
 * The blocks of a time: several where a chain makes more than one a second, none (`first > last`) where it made none.
 *
 * @param time - Unix seconds.
 */
export async function blocksOfTime(
  reader: ChainReader,
  time: bigint,
): Promise<{ first: bigint; last: bigint }> {
  const start = BigInt(reader.contracts.startBlock ?? 0)
  const first = await firstBlockFrom(reader, time, start)
  return { first, last: (await firstBlockFrom(reader, time + 1n, first)) - 1n }
}

/** Number of the first block, from one on, whose time is not before a time; one above the highest, if there is none. */
async function firstBlockFrom(
  { ask, block }: ChainReader,
  time: bigint,
  from: bigint,
): Promise<bigint> {
  const isBefore = async (number: bigint) => (await blockAt(ask, number)).timestamp < time
  // Where the search begins right before what it looks for, as the second one does, few steps are enough.
  let low = from
  let step = 1n
  while (low + step <= block.number && (await isBefore(low + step - 1n))) {
    low += step
    step *= 2n
  }
  let high = low + step <= block.number ? low + step - 1n : block.number + 1n
  while (low < high) {
    const middle = (low + high) / 2n
    if (await isBefore(middle)) low = middle + 1n
    else high = middle
  }
  return low
}
