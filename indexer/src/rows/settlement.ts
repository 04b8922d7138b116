import type { Context } from 'ponder:registry'
import { settlement } from 'ponder:schema'
import type { Hex } from 'viem'
import { insertInferences, layoutOf } from './inferences.ts'
import { advanceInferenceLog } from './inferenceLog.ts'
import { type PlacedEvent, placeOf } from './place.ts'
import { noteSettlement } from './spare-time.ts'

/** What both events of a settlement say. */
export type SettledEvent = PlacedEvent & {
  args: { logId: Hex; root: Hex; first: bigint; count: number; signedByKey: boolean }
}

/** What depends on how the batch data was handed over. Data that is given is known to give the root, if it is batch data. */
export type SettledData =
  | { mode: 'inline'; dataDigest: Hex; data: Uint8Array }
  | { mode: 'external'; dataDigest: Hex; data: Uint8Array | undefined; uri: string }

/** Writes a settlement, the rows of its inferences if their data is at hand, and the head of its inference log. */
export async function saveSettlement(
  db: Context['db'],
  event: SettledEvent,
  settled: SettledData,
): Promise<typeof settlement.$inferSelect | undefined> {
  const { logId, root, first, signedByKey } = event.args
  const { mode, dataDigest, data } = settled
  const { owner, sessionKey } = await advanceInferenceLog(db, event.args, event)
  const count = BigInt(event.args.count)
  const layout = data && layoutOf({ count }, data)
  const written = await db
    .insert(settlement)
    .values({
      ...{ logId, root, first, count, mode, signedByKey, owner, sessionKey, dataDigest },
      dataState: !data ? 'pending' : layout ? 'available' : 'invalid',
      dataProblem: data && !layout ? 'no-batch-data' : null,
      loaded: layout ? count : 0n,
      uri: mode === 'external' ? settled.uri : null,
      settledAt: event.block.timestamp,
      ...placeOf(event),
    })
    .onConflictDoNothing()
  if (layout) noteSettlement()
  if (written && layout) await insertInferences(db, written, data, layout)
  return written ?? undefined
}
