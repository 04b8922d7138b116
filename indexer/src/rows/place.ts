import type { Hex } from 'viem'
import { positionOf } from '../../position.ts'

/** What every event says of where it stands in the chain. */
export type PlacedEvent = {
  block: { number: bigint; timestamp: bigint }
  transaction: { hash: Hex }
  log: { logIndex: number }
}

/** The chain that a handler is called for. */
export type OnChain = { chain: { id: number } }

/** The columns that say where a row's first event stands. */
export function placeOf(event: PlacedEvent, { chain }: OnChain) {
  return {
    ...rowPlaceOf(event, { chain }),
    blockNumber: event.block.number,
    transactionHash: event.transaction.hash,
  }
}

/** The same of a row that stands for many events. */
export function rowPlaceOf(event: PlacedEvent, { chain }: OnChain) {
  const { block, log } = event
  return {
    chainId: BigInt(chain.id),
    position: positionOf(chain.id, block.number, log.logIndex),
  }
}
