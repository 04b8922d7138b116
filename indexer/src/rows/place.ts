import type { Hex } from 'viem'

/** What every event says of where it stands in the chain. */
export type PlacedEvent = {
  block: { number: bigint; timestamp: bigint }
  transaction: { hash: Hex }
  log: { logIndex: number }
}

/**
 * Place in the chain as one growing number: block number, then 32 bits of the event's place in the block, then 32 bits of the
 * place in the batch, which is added to that of its settlement. Fixed by the chain alone, so that a re-index gives the same.
 */
export function positionOf(event: PlacedEvent): bigint {
  return (event.block.number << 64n) | (BigInt(event.log.logIndex) << 32n)
}

/** The columns that say where a row's first event stands. */
export function placeOf(event: PlacedEvent) {
  return {
    position: positionOf(event),
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  }
}
