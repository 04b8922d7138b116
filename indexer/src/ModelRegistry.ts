import { ponder } from 'ponder:registry'
import { model, publisher } from 'ponder:schema'
import { placeOf, rowPlaceOf } from './rows/place.ts'
import { orNull, storableText } from './rows/values.ts'

ponder.on('ModelRegistry:ModelPublished', async ({ event, context: { db, chain } }) => {
  const { args } = event
  const place = placeOf(event, { chain })
  await db
    .insert(publisher)
    .values({ address: args.publisher, ...rowPlaceOf(event, { chain }) })
    .onConflictDoNothing()
  await db
    .insert(model)
    .values({
      modelId: args.modelId,
      publisher: args.publisher,
      name: storableText(args.name),
      version: storableText(args.version),
      manifestDigest: args.manifestDigest,
      signingRoot: orNull(args.signingRoot),
      uri: storableText(args.uri),
      publishedAt: event.block.timestamp,
      ...place,
    })
    .onConflictDoNothing()
})

ponder.on('ModelRegistry:ModelRetired', async ({ event, context: { db, chain } }) => {
  const { modelId, reason } = event.args
  const key = { modelId, chainId: BigInt(chain.id) }
  // Published before the start block: there is no row to mark.
  if (!(await db.find(model, key))) return
  await db
    .update(model, key)
    .set({ retiredAt: event.block.timestamp, retirementReason: storableText(reason) })
})
