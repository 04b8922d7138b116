import type { Context } from 'ponder:registry'
import { inference, settlement } from 'ponder:schema'
import type { Hex } from 'viem'
import { inferenceRows } from './inferences.ts'
import { advanceInferenceLog } from './inferenceLog.ts'
import { type PlacedEvent, placeOf } from './place.ts'

/** What both events of a settlement say. */
export type SettledEvent = PlacedEvent & {
  args: { logId: Hex; root: Hex; first: bigint; count: number; signedByKey: boolean }
}

/** What depends on how the batch data was handed over. */
export type SettledData =
  | { mode: 'inline'; dataDigest: Hex; data: Uint8Array }
  | { mode: 'external'; dataDigest: Hex; uri: string }

/** Writes a settlement, the rows of its inferences if their data is at hand, and the head of its inference log. */
export async function saveSettlement(
  db: Context['db'],
  event: SettledEvent,
  settled: SettledData,
): Promise<void> {
  const { logId, root, first, signedByKey } = event.args
  const { owner, sessionKey } = await advanceInferenceLog(db, event.args, event)
  const batch = { logId, root, first, count: BigInt(event.args.count), owner }
  const rows = settled.mode === 'inline' ? inferenceRows(batch, settled.data, event) : undefined
  const written = await db
    .insert(settlement)
    .values({
      ...batch,
      sessionKey,
      signedByKey,
      mode: settled.mode,
      dataDigest: settled.dataDigest,
      dataState: settled.mode === 'external' ? 'pending' : rows ? 'available' : 'invalid',
      uri: settled.mode === 'external' ? settled.uri : null,
      settledAt: event.block.timestamp,
      ...placeOf(event),
    })
    .onConflictDoNothing()
  if (written && rows) await db.insert(inference).values(rows)
}
