import type { Context } from 'ponder:registry'
import { inferenceLog } from 'ponder:schema'
import type { Hex } from 'viem'
import { type OnChain, type PlacedEvent, placeOf } from './place.ts'

/**
 * Moves the head of an inference log behind `first + count`.
 *
 * @returns The log's row. Its owner, session key and instance are null if it was opened before the start block: only the event
 * of its opening names them.
 */
export function advanceInferenceLog(
  { db, chain }: { db: Context['db'] } & OnChain,
  event: PlacedEvent & { args: { logId: Hex; first: bigint; count: number } },
) {
  const { logId, first, count } = event.args
  const end = first + BigInt(count)
  return db
    .insert(inferenceLog)
    .values({
      logId,
      openedAt: event.block.timestamp,
      head: end,
      ...placeOf(event, { chain }),
    })
    .onConflictDoUpdate((known) => ({ head: end > known.head ? end : known.head }))
}
