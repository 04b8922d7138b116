import { dataDigestOf } from '@assay/sdk/formats'
import { ponder } from 'ponder:registry'
import { inferenceLog, skip } from 'ponder:schema'
import { hexToBytes } from 'viem'
import { advanceInferenceLog } from './rows/inferenceLog.ts'
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

ponder.on('InferenceLog:BatchSettledExternal', async ({ event, context: { db } }) => {
  const { dataDigest, uri } = event.args
  await saveSettlement(db, event, { mode: 'external', dataDigest, uri: storableText(uri) })
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
