import { verifyReceipt } from '@assay/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { byOwner } from '../support/owner-settling.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { signBatch } from '../support/signed-batch.ts'
import { day, hour, startTimeline } from '../support/timeline.ts'
import { lineOf, receiptBy } from '../support/verified.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

async function judged(receipt: unknown) {
  const { policy, chain } = session
  const report = await verifyReceipt(receipt, { policy, client: chain.client })
  return { whole: report.status, ...lineOf(report, 'sessionKey') }
}
const bySettlingOwner = {
  ...{ whole: 'verified', status: 'verified', source: 'vouched' },
  reason: 'The owner settled the batch in the key’s place.',
}

test('behavior: the owner in the place of a lost key', async () => {
  const sessionKey = await session.newKey(farFuture)
  const by = await session.recorder({ sessionKey, submit: byOwner(session) })
  expect(await judged(await receiptBy(by))).toEqual(bySettlingOwner)
})

test('behavior: the owner in the place of a key that it never authorized', async () => {
  const timeline = await startTimeline(session)
  const batch = await signBatch(session, await session.newKey(), {
    servedAt: timeline.second(0) * 1000,
  })
  await timeline.at(hour, () => batch.settleByOwner())
  expect(await judged(batch.receipt)).toEqual(bySettlingOwner)
})

test('behavior: the key reported stolen before, the owner settles after: good, as the key had no part in it', async () => {
  const sessionKey = await session.newKey(farFuture)
  const timeline = await startTimeline(session)
  const batch = await signBatch(session, sessionKey, { servedAt: timeline.second(0) * 1000 })
  const { address } = privateKeyToAccount(sessionKey)
  const { log } = session.chain.as(accountOf(1))
  await timeline.at(hour, async () =>
    session.chain.mined(await log.write.reportCompromise([address, 0])),
  )
  await timeline.at(day, () => batch.settleByOwner())
  expect(await judged(batch.receipt)).toEqual(bySettlingOwner)
})
