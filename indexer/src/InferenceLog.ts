import { dataDigestOf } from '@assay/sdk/formats'
import { ponder } from 'ponder:registry'
import { inferenceLog, skip } from 'ponder:schema'
import { hexToBytes } from 'viem'
import { batchLoader } from '../batches/shared.ts'
import { countConfirmation } from './rows/activity.ts'
import { advanceInferenceLog } from './rows/inferenceLog.ts'
import { isLive } from './rows/live.ts'
import { placeOf } from './rows/place.ts'
import { saveSessionKey } from './rows/sessionKey.ts'
import { saveSettlement } from './rows/settlement.ts'
import { storableText } from './rows/values.ts'

ponder.on('InferenceLog:InferenceLogOpened', async ({ event, context }) => {
  const { logId, owner, sessionKey, instance } = event.args
  await saveSessionKey(context, event, () => ({}))
  await context.db
    .insert(inferenceLog)
    .values({
      logId,
      owner,
      sessionKey,
      instance,
      openedAt: event.block.timestamp,
      head: 0n,
      ...placeOf(event, context),
    })
    .onConflictDoUpdate({ owner, sessionKey, instance })
})

ponder.on('InferenceLog:BatchSettledInline', async ({ event, context }) => {
  const data = hexToBytes(event.args.data)
  await saveSettlement(context, event, { mode: 'inline', dataDigest: dataDigestOf(data), data })
})

/** Of an external batch with no more inferences the data is used at once if it is here: to check it takes as many microseconds. */
const atOnce = 5_000

ponder.on('InferenceLog:BatchSettledExternal', async ({ event, context }) => {
  const { logId, root, first, dataDigest } = event.args
  const uri = storableText(event.args.uri)
  const owner = (await context.db.find(inferenceLog, { logId }))?.owner ?? null
  const count = BigInt(event.args.count)
  const chainId = context.chain.id
  const batch = { chainId, logId, root, first, count, dataDigest, uri, owner }
  const data = isLive() ? await batchLoader.atHand(batch, atOnce) : await batchLoader.arrival(batch)
  const written = await saveSettlement(context, event, { mode: 'external', dataDigest, data, uri })
  if (written && !data) batchLoader.want(batch)
})

ponder.on('InferenceLog:InferencesSkipped', async ({ event, context }) => {
  const { logId, first, count } = event.args
  const { owner } = await advanceInferenceLog(context, event)
  await context.db
    .insert(skip)
    .values({
      logId,
      first,
      count: BigInt(count),
      skippedAt: event.block.timestamp,
      ...placeOf(event, context),
    })
    .onConflictDoNothing()
  await countConfirmation(context, event, owner)
})
