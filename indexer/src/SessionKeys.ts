import { ponder } from 'ponder:registry'
import { sessionKeyReport } from 'ponder:schema'
import { countConfirmation } from './rows/activity.ts'
import { placeOf } from './rows/place.ts'
import { saveSessionKey } from './rows/sessionKey.ts'

ponder.on('InferenceLog:SessionKeyAuthorized', async ({ event, context }) => {
  await saveSessionKey(context, event, (known) => ({
    // A later authorization extends the expiry; the key is authorized since the first.
    authorizedAt: known?.authorizedAt ?? event.block.timestamp,
    expiresAt: BigInt(event.args.expiresAt),
  }))
  await countConfirmation(context, event, event.args.owner)
})

ponder.on('InferenceLog:SessionKeyRevoked', async ({ event, context }) => {
  await saveSessionKey(context, event, () => ({ revokedAt: event.block.timestamp }))
  await countConfirmation(context, event, event.args.owner)
})

ponder.on('InferenceLog:SessionKeyCompromised', async ({ event, context }) => {
  const { owner, sessionKey } = event.args
  const since = BigInt(event.args.since)
  const reportedAt = event.block.timestamp
  await saveSessionKey(context, event, () => ({
    compromisedSince: since,
    compromiseReportedAt: reportedAt,
  }))
  await context.db
    .insert(sessionKeyReport)
    .values({ owner, sessionKey, since, reportedAt, ...placeOf(event, context) })
    .onConflictDoNothing()
  await countConfirmation(context, event, owner)
})
