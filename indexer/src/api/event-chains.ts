import { type Cursor, placeAt } from '../../events/cursor.ts'
import { readProgress } from './progress.ts'

/** How far a chain is indexed. */
export type IndexedChain = {
  chainId: number
  /** The last block whose events are in the tables. */
  block: bigint
  /** No reorganization takes back what stands before it, and all of that is in the tables. */
  final: bigint
}

/** Reads how far each chain is indexed, in the order of their ids. */
export async function readChains(): Promise<IndexedChain[]> {
  return [...(await readProgress())]
    .sort(([a], [b]) => a - b)
    .map(([chainId, { block, finalized }]) => ({
      ...{ chainId, block },
      // Of the block itself some may still be missing while the past is read.
      final: placeAt(finalized.block),
    }))
}

/** Before which nothing changes any more. */
export const finalCursor = (chains: readonly IndexedChain[]): Cursor =>
  new Map(chains.map(({ chainId, final }) => [chainId, final]))
