import { randomBytes } from 'node:crypto'
import { type InferenceReceipt, type Recorder, verifyReceipt } from '@assay/sdk'
import { modelIdOf } from '@assay/sdk/formats'
import { toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { type Session, startSession } from '../support/session.ts'
import { hour, startTimeline } from '../support/timeline.ts'
import { lineOf } from '../support/verified.ts'

let session: Session
let by: Recorder
beforeAll(async () => {
  session = await startSession()
  by = await session.recorder()
})
afterAll(() => session.stop())

const publisher = accountOf(4)

/** A model that its publisher has not published yet. */
function model() {
  const manifestDigest = toHex(randomBytes(32))
  const { chain } = session
  const { models } = chain.as(publisher)
  const named = { name: 'm', version: manifestDigest.slice(2, 8), manifestDigest }
  const modelId = modelIdOf({ ...named, publisher: publisher.address })
  return {
    modelId,
    publish: async () =>
      chain.mined(await models.write.publish([{ ...named, signingRoot: zeroHash, uri: '' }])),
    retire: async () => chain.mined(await models.write.retire([modelId, 'old'])),
  }
}

/** The line, for who accepts the publisher. */
async function judged(receipt: InferenceReceipt) {
  const policy = { ...session.policy, publishers: [publisher.address] }
  const report = await verifyReceipt(receipt, { policy, client: session.chain.client })
  return { whole: report.status, ...lineOf(report, 'model') }
}

// The id binds publisher, name, version and manifest, so nobody can publish other content under it later.
test('behavior: settled, then published: unknown until then, and afterwards the day of publication is said', async () => {
  const { modelId, publish } = model()
  const timeline = await startTimeline(session)
  const receipt = await timeline.settledAt(0, by, { servedAt: 0, modelId })
  expect(await judged(receipt)).toMatchObject({ whole: 'verified', status: 'unknown' })
  await timeline.at(hour, publish)
  const found = await judged(receipt)
  expect(found).toMatchObject({ whole: 'verified', status: 'verified', source: 'vouched' })
  expect(found.reason).toContain(`published by ${publisher.address.toLowerCase()}`)
  expect(found.reason).toContain(timeline.date(hour))
})

test('behavior: published, settled, then retired: said, and good as before', async () => {
  const { modelId, publish, retire } = model()
  const timeline = await startTimeline(session)
  await timeline.at(0, publish)
  const receipt = await timeline.settledAt(hour, by, { servedAt: 0, modelId })
  expect((await judged(receipt)).reason).not.toContain('retired')
  await timeline.at(2 * hour, retire)
  const found = await judged(receipt)
  expect(found).toMatchObject({ whole: 'verified', status: 'verified' })
  expect(found.reason).toContain(`retired ${timeline.date(2 * hour)}`)
})
