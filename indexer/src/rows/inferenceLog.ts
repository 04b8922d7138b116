import type { Context } from 'ponder:registry'
import { inferenceLog } from 'ponder:schema'
import type { Hex } from 'viem'
import { type PlacedEvent, placeOf } from './place.ts'

/**
 * Moves the head of an inference log behind `first + count`.
 *
 * @returns The log's row. Its owner, session key and instance are null if it was opened before the start block: only the event
 * of its opening names them.
 */
export function advanceInferenceLog(
  db: Context['db'],
  range: { logId: Hex; first: bigint; count: number },
  event: PlacedEvent,
) {
  const end = range.first + BigInt(range.count)
  return db
    .insert(inferenceLog)
    .values({
      logId: range.logId,
      openedAt: event.block.timestamp,
      head: end,
      ...placeOf(event),
    })
    .onConflictDoUpdate((known) => ({ head: end > known.head ? end : known.head }))
}
