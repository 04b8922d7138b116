import { ponder } from 'ponder:registry'
import { auditor, verdict } from 'ponder:schema'
import { placeOf, rowPlaceOf } from './rows/place.ts'
import { orNull, storableText, subjectKindOf } from './rows/values.ts'

ponder.on('VerdictRegistry:VerdictPosted', async ({ event, context: { db, chain } }) => {
  const { verdictId, author, subject, score, tag, evidenceDigest } = event.args
  const place = placeOf(event, { chain })
  const subjectKind = subjectKindOf(event.args.subjectKind)
  // An id binds everything but the URI, so a further posting changes no more than this.
  const posting = {
    uri: storableText(event.args.uri),
    postedAt: event.block.timestamp,
    postedPosition: place.position,
    changedPosition: place.position,
    withdrawnAt: null,
  }
  await db
    .insert(auditor)
    .values({ address: author, ...rowPlaceOf(event, { chain }) })
    .onConflictDoNothing()
  await db
    .insert(verdict)
    .values({
      verdictId,
      author,
      subjectKind,
      subject,
      modelId: subjectKind === 'model' ? subject : null,
      environmentId: subjectKind === 'environment' ? subject : null,
      inferenceId: subjectKind === 'inference' ? subject : null,
      score,
      tag: storableText(tag),
      evidenceDigest: orNull(evidenceDigest),
      ...posting,
      ...place,
    })
    .onConflictDoUpdate(posting)
})

ponder.on('VerdictRegistry:VerdictWithdrawn', async ({ event, context: { db, chain } }) => {
  const { verdictId, author } = event.args
  const known = await db.find(verdict, { verdictId })
  // Anyone may withdraw any id; it means something only from the verdict's author, and after it was posted.
  if (known?.author.toLowerCase() !== author.toLowerCase()) return
  await db.update(verdict, { verdictId }).set({
    withdrawnAt: event.block.timestamp,
    changedPosition: rowPlaceOf(event, { chain }).position,
  })
})
