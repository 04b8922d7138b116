/*
 * A position is a place on the chains that are indexed as one growing number: the chain's id, 64 bits of the block number, 32 bits of the
 * event's place in the block, and 32 bits of the place in the batch, which is added to that of its settlement. Fixed by the chain alone, so
 * that a re-index gives the same. A chain's rows lie side by side in each index that ends with the position.
 */

/** Of an event. */
export function positionOf(chainId: number, block: bigint, logIndex: number): bigint {
  return firstPositionOf(chainId) | (block << 64n) | (BigInt(logIndex) << 32n)
}

/** No row of the chain stands before. */
export function firstPositionOf(chainId: number | bigint): bigint {
  return BigInt(chainId) << 128n
}

/** All rows of the chain stand before. */
export function endPositionOf(chainId: number | bigint): bigint {
  return (BigInt(chainId) + 1n) << 128n
}

/** The place in its chain that a position means. */
export function placeOfPosition(position: bigint): bigint {
  return position % (1n << 128n)
}

/** Of the settlement in which an inference is. */
export function settlementPositionOf(position: bigint): bigint {
  return (position >> 32n) << 32n
}
