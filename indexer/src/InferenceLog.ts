import { dataDigestOf } from '@assay/sdk/formats'
import { ponder } from 'ponder:registry'
import { inferenceLog, skip } from 'ponder:schema'
import { hexToBytes } from 'viem'
import { batchLoader } from '../batches/shared.ts'
import { advanceInferenceLog } from './rows/inferenceLog.ts'
import { isLive } from './rows/live.ts'
import { placeOf } from './rows/place.ts'
import { saveSessionKey } from './rows/sessionKey.ts'
import { saveSettlement } from './rows/settlement.ts'
import { storableText } from './rows/values.ts'

ponder.on('InferenceLog:InferenceLogOpened', async ({ event, context: { db } }) => {
  const { logId, owner, sessionKey, instance } = event.args
  const place = placeOf(event)
  await saveSessionKey(db, event.args, place.position, () => ({}))
  await db
    .insert(inferenceLog)
    .values({
      logId,
      owner,
      sessionKey,
      instance,
      openedAt: event.block.timestamp,
      head: 0n,
      ...place,
    })
    .onConflictDoUpdate({ owner, sessionKey, instance })
})

ponder.on('InferenceLog:BatchSettledInline', async ({ event, context: { db } }) => {
  const data = hexToBytes(event.args.data)
  await saveSettlement(db, event, { mode: 'inline', dataDigest: dataDigestOf(data), data })
})

/** Of an external batch with no more inferences the data is used at once if it is here: to check it takes as many microseconds. */
const atOnce = 5_000

ponder.on('InferenceLog:BatchSettledExternal', async ({ event, context: { db } }) => {
  const { logId, root, first, dataDigest } = event.args
  const uri = storableText(event.args.uri)
  const owner = (await db.find(inferenceLog, { logId }))?.owner ?? null
  const batch = { logId, root, first, count: BigInt(event.args.count), dataDigest, uri, owner }
  const data = isLive() ? await batchLoader.atHand(batch, atOnce) : await batchLoader.arrival(batch)
  const written = await saveSettlement(db, event, { mode: 'external', dataDigest, data, uri })
  if (written && !data) batchLoader.want(batch)
})

ponder.on('InferenceLog:InferencesSkipped', async ({ event, context: { db } }) => {
  const { logId, first, count } = event.args
  await advanceInferenceLog(db, event.args, event)
  await db
    .insert(skip)
    .values({
      logId,
      first,
      count: BigInt(count),
      skippedAt: event.block.timestamp,
      ...placeOf(event),
    })
    .onConflictDoNothing()
})
