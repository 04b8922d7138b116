import { decodeKind } from '@assay/sdk/formats'
import { ponder } from 'ponder:registry'
import { environment, environmentReport } from 'ponder:schema'
import { placeOf } from './rows/place.ts'
import { keyTypeOf, orNull, storableText } from './rows/values.ts'

ponder.on(
  'EnvironmentRegistry:EnvironmentRegistered',
  async ({ event, context: { db, chain } }) => {
    const { args } = event
    await db
      .insert(environment)
      .values({
        environmentId: args.environmentId,
        registrant: args.registrant,
        kind: storableText(decodeKind(args.kind)),
        measurement: args.measurement,
        keyType: keyTypeOf(args.keyType),
        key: args.key,
        attestationDigest: orNull(args.attestationDigest),
        verifier: orNull(args.verifier),
        uri: storableText(args.uri),
        registeredAt: event.block.timestamp,
        validUntil: BigInt(args.validUntil),
        endsAt: BigInt(args.validUntil),
        ...placeOf(event, { chain }),
      })
      .onConflictDoNothing()
  },
)

ponder.on('EnvironmentRegistry:EnvironmentRevoked', async ({ event, context: { db } }) => {
  const { environmentId } = event.args
  // Registered before the start block: there is no row to mark.
  if (!(await db.find(environment, { environmentId }))) return
  const revokedAt = event.block.timestamp
  await db
    .update(environment, { environmentId })
    .set(({ validUntil }) => ({ revokedAt, endsAt: earlier(validUntil, revokedAt) }))
})

ponder.on(
  'EnvironmentRegistry:EnvironmentCompromised',
  async ({ event, context: { db, chain } }) => {
    const { environmentId, reporter } = event.args
    const since = BigInt(event.args.since)
    const reportedAt = event.block.timestamp
    await db
      .insert(environmentReport)
      .values({ environmentId, since, reporter, reportedAt, ...placeOf(event, { chain }) })
      .onConflictDoNothing()
    if (!(await db.find(environment, { environmentId }))) return
    await db
      .update(environment, { environmentId })
      .set({ reporter, compromisedSince: since, compromiseReportedAt: reportedAt })
  },
)

const earlier = (a: bigint, b: bigint) => (a < b ? a : b)
