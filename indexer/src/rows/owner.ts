import type { Context } from 'ponder:registry'
import { owner } from 'ponder:schema'
import type { Hex } from 'viem'
import { type OnChain, type PlacedEvent, rowPlaceOf } from './place.ts'

/** Makes sure that an owner has a row. */
export async function saveOwner(
  { db, chain }: { db: Context['db'] } & OnChain,
  event: PlacedEvent,
  address: Hex,
): Promise<void> {
  await db
    .insert(owner)
    .values({
      ...{ address, inferenceCount: 0n, settlementCount: 0n, confirmationCount: 0n },
      ...rowPlaceOf(event, { chain }),
    })
    .onConflictDoNothing()
}
