import type { Context } from 'ponder:registry'
import { settlement } from 'ponder:schema'
import type { Hex } from 'viem'
import { countDataState, countSettlement } from './activity.ts'
import { insertInferences, layoutOf } from './inferences.ts'
import { advanceInferenceLog } from './inferenceLog.ts'
import { type OnChain, type PlacedEvent, placeOf } from './place.ts'
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
  context: { db: Context['db'] } & OnChain,
  event: SettledEvent,
  settled: SettledData,
): Promise<typeof settlement.$inferSelect | undefined> {
  const { db } = context
  const { logId, root, first, signedByKey } = event.args
  const { mode, dataDigest, data } = settled
  const { owner, sessionKey } = await advanceInferenceLog(context, event)
  const count = BigInt(event.args.count)
  const layout = data && layoutOf({ count }, data)
  const dataState = !data ? 'pending' : layout ? 'available' : 'invalid'
  const written = await db
    .insert(settlement)
    .values({
      ...{ logId, root, first, count, mode, signedByKey, owner, sessionKey, dataDigest },
      dataState,
      dataProblem: data && !layout ? 'no-batch-data' : null,
      loaded: layout ? count : 0n,
      uri: mode === 'external' ? settled.uri : null,
      settledAt: event.block.timestamp,
      ...placeOf(event, context),
    })
    .onConflictDoNothing()
  if (!written) return undefined
  await countSettlement(context, event, { owner, count, signedByKey })
  if (layout) {
    noteSettlement()
    await insertInferences(db, written, data, layout)
  } else {
    await countDataState(db, { ...written, dataState: 'pending' }, dataState)
  }
  return written
}
