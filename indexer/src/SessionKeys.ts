import { ponder } from 'ponder:registry'
import { positionOf } from '../rows/place.ts'
import { saveSessionKey } from '../rows/sessionKey.ts'

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
  await saveSessionKey(db, event.args, positionOf(event), () => ({
    compromisedSince: BigInt(event.args.since),
    compromiseReportedAt: event.block.timestamp,
  }))
})
