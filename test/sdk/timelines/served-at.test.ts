import { verifyReceipt } from '@assay/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Session, startSession } from '../support/session.ts'
import { day, hour, minute, startTimeline } from '../support/timeline.ts'
import { lineOf } from '../support/verified.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

async function judged(receipt: unknown, maxAgeSeconds?: number) {
  const { policy, chain } = session
  const limited = maxAgeSeconds === undefined ? policy : { ...policy, maxAgeSeconds }
  const report = await verifyReceipt(receipt, { policy: limited, client: chain.client })
  return { whole: report.status, ...lineOf(report, 'time') }
}

test('behavior: served five minutes after its settlement passes for a clock that is ahead; a ms more is refuted', async () => {
  const by = await session.recorder()
  const timeline = await startTimeline(session)
  const ahead = await timeline.settledAt(0, by, { servedAt: 5 * minute })
  const tooFar = await timeline.settledAt(1, by, { servedAt: 1 + 5 * minute + 0.001 })
  expect(await judged(ahead)).toMatchObject({ whole: 'verified', status: 'verified' })
  const refuted = await judged(tooFar)
  expect(refuted).toMatchObject({ whole: 'refuted', status: 'refuted' })
  expect(refuted.reason).toContain(`but settled ${timeline.date(1)} already`)
})

test('behavior: served years before its settlement passes, and is called declared: nothing bounds it from below', async () => {
  const by = await session.recorder()
  const timeline = await startTimeline(session)
  const receipt = await timeline.settledAt(hour, by, { servedAt: -1000 * day })
  const found = await judged(receipt)
  expect(found).toMatchObject({ whole: 'verified', status: 'verified' })
  expect(found.reason).toContain(`Declared as served ${timeline.date(-1000 * day)}`)
  expect(found.reason).toContain(`it existed when it was settled, ${timeline.date(hour)}`)
})

test('behavior: settled longer ago than the policy allows is unknown, whatever time it declares', async () => {
  const by = await session.recorder()
  const timeline = await startTimeline(session)
  const receipt = await timeline.settledAt(0, by, { servedAt: 5 * minute })
  const { client } = session.chain
  await timeline.at(hour, () => client.mine({ blocks: 1 }))
  expect(await judged(receipt, hour)).toMatchObject({ whole: 'verified' })
  await timeline.at(hour + 1, () => client.mine({ blocks: 1 }))
  expect(await judged(receipt, hour)).toMatchObject({ whole: 'unknown', status: 'unknown' })
})
