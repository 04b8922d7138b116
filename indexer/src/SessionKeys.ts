import { ponder } from 'ponder:registry'
import { sessionKeyReport } from 'ponder:schema'
import { placeOf, positionOf } from './rows/place.ts'
import { saveSessionKey } from './rows/sessionKey.ts'

ponder.on('InferenceLog:SessionKeyAuthorized', async ({ event, context: { db } }) => {
  await saveSessionKey(db, event.args, positionOf(event), (known) => ({
    // A later authorization extends the expiry; the key is authorized since the first.
    authorizedAt: known?.authorizedAt ?? event.block.timestamp,
    expiresAt: BigInt(event.args.expiresAt),
  }))
})

ponder.on('InferenceLog:SessionKeyRevoked', async ({ event, context: { db } }) => {
  await saveSessionKey(db, event.args, positionOf(event), () => ({
    revokedAt: event.block.timestamp,
  }))
})

ponder.on('InferenceLog:SessionKeyCompromised', async ({ event, context: { db } }) => {
  const { owner, sessionKey } = event.args
  const since = BigInt(event.args.since)
  const reportedAt = event.block.timestamp
  const place = placeOf(event)
  await saveSessionKey(db, event.args, place.position, () => ({
    compromisedSince: since,
    compromiseReportedAt: reportedAt,
  }))
  await db
    .insert(sessionKeyReport)
    .values({ owner, sessionKey, since, reportedAt, ...place })
    .onConflictDoNothing()
})
