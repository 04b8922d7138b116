import { verifyReceipt } from '@assay/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { signBatch } from '../support/signed-batch.ts'
import { day, hour, startTimeline } from '../support/timeline.ts'
import { lineOf } from '../support/verified.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

async function withKey(expiresAt?: number) {
  const sessionKey = await session.newKey(expiresAt)
  const { address } = privateKeyToAccount(sessionKey)
  return { sessionKey, address, by: await session.recorder({ sessionKey }) }
}

const write = () => session.chain.as(accountOf(1)).log.write
const revoke = async (address: `0x${string}`) =>
  session.chain.mined(await write().revokeSessionKey([address]))
const report = async (address: `0x${string}`, since: number) =>
  session.chain.mined(await write().reportCompromise([address, since]))
const authorize = async (address: `0x${string}`, expiresAt: number) =>
  session.chain.mined(await write().authorize([address, expiresAt]))

async function judged(receipt: unknown) {
  const { policy, chain } = session
  const found = await verifyReceipt(receipt, { policy, client: chain.client })
  const { status, reason } = lineOf(found, 'sessionKey')
  return { whole: found.status, status, reason }
}

describe('revoked', () => {
  test('behavior: served and settled, then revoked: good, a year later too', async () => {
    const { address, by } = await withKey(farFuture)
    const timeline = await startTimeline(session)
    const receipt = await timeline.settledAt(60, by, { servedAt: 0 })
    await timeline.at(hour, () => revoke(address))
    expect(await judged(receipt)).toMatchObject({ whole: 'verified', status: 'verified' })
    await timeline.at(365 * day, () => report(address, timeline.second(364 * day)))
    expect(await judged(receipt)).toMatchObject({ whole: 'verified', status: 'verified' })
  })

  test('behavior: served, revoked before it was settled: the contract takes it from the owner alone', async () => {
    const { address, sessionKey } = await withKey(farFuture)
    const timeline = await startTimeline(session)
    const servedAt = timeline.second(0) * 1000
    const batch = await signBatch(session, sessionKey, { servedAt })
    await timeline.at(hour, () => revoke(address))
    await expect(batch.handIn()).rejects.toThrow('InferenceLog_SessionKeyRevoked')
    expect(await judged(batch.receipt)).toMatchObject({ whole: 'unknown', status: 'unknown' })
    await timeline.at(3 * day, () => batch.settleByOwner())
    const settled = await judged(batch.receipt)
    expect(settled).toMatchObject({ whole: 'verified', status: 'verified' })
    expect(settled.reason).toContain('The owner settled')
  })

  test('behavior: settled, and declared as served after the revocation: refuted', async () => {
    const { address, by } = await withKey(farFuture)
    const timeline = await startTimeline(session)
    // The recorder's clock is two minutes ahead, which alone would pass.
    const ahead = await timeline.settledAt(60, by, { servedAt: 180 })
    const inTime = await timeline.settledAt(61, by, { servedAt: 120 })
    await timeline.at(120, () => revoke(address))
    expect(await judged(inTime)).toMatchObject({ whole: 'verified' })
    const found = await judged(ahead)
    expect(found).toMatchObject({ whole: 'refuted', status: 'refuted' })
    expect(found.reason).toContain(`revoked ${timeline.date(120)}, before this was served`)
    // Nor does its owner get away by calling it stolen.
    await timeline.at(hour, () => report(address, 0))
    expect(await judged(ahead)).toMatchObject({ whole: 'refuted' })
    expect(await judged(inTime)).toMatchObject({ whole: 'unknown' })
  })
})

describe('compromised since S', () => {
  test('behavior: settled before S good, from S on unknown, with reporter and time', async () => {
    const { address, by } = await withKey(farFuture)
    const timeline = await startTimeline(session)
    const before = await timeline.settledAt(hour - 1, by, { servedAt: 0 })
    // Served before, and settled in the second that the report names.
    const since = await timeline.settledAt(hour, by, { servedAt: 0 })
    const after = await timeline.settledAt(2 * hour, by, { servedAt: -365 * day })
    await timeline.at(day, () => report(address, timeline.second(hour)))
    expect(await judged(before)).toMatchObject({ whole: 'verified', status: 'verified' })
    for (const receipt of [since, after]) {
      const found = await judged(receipt)
      expect(found).toMatchObject({ whole: 'unknown', status: 'unknown' })
      expect(found.reason).toBe(
        `The owner reported at ${timeline.date(day)} that others held the key since ${timeline.date(hour)}, before this was settled.`,
      )
    }
  })

  test('behavior: a second report reaches further back, and what was good is unknown', async () => {
    const { address, by } = await withKey(farFuture)
    const timeline = await startTimeline(session)
    const receipt = await timeline.settledAt(hour, by, { servedAt: 0 })
    await timeline.at(day, () => report(address, timeline.second(2 * hour)))
    expect(await judged(receipt)).toMatchObject({ whole: 'verified' })
    await timeline.at(2 * day, () => report(address, timeline.second(0)))
    const found = await judged(receipt)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown' })
    expect(found.reason).toContain(timeline.date(2 * day))
  })
})

describe('from its authorization to its end', () => {
  test('behavior: settled in its last second good; a second later the contract refuses it', async () => {
    const timeline = await startTimeline(session)
    const { by, sessionKey } = await withKey(timeline.second(hour))
    const late = await signBatch(session, sessionKey, { servedAt: timeline.second(0) * 1000 })
    const last = await timeline.settledAt(hour, by, { servedAt: 0 })
    const { chain } = session
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(timeline.second(hour + 1)) })
    await expect(late.handIn()).rejects.toThrow('InferenceLog_SessionKeyExpired')
    expect(await judged(last)).toMatchObject({ whole: 'verified', status: 'verified' })
    expect(await judged(late.receipt)).toMatchObject({ whole: 'unknown' })
  })

  test('behavior: served, expired, extended, settled: good, as nobody ended the key', async () => {
    const timeline = await startTimeline(session)
    const { address, sessionKey } = await withKey(timeline.second(hour))
    const batch = await signBatch(session, sessionKey, { servedAt: timeline.second(0) * 1000 })
    await timeline.at(day, () => authorize(address, farFuture))
    await timeline.at(2 * day, () => batch.handIn())
    expect(await judged(batch.receipt)).toMatchObject({ whole: 'verified', status: 'verified' })
  })

  test('behavior: served, authorized, settled: good, as only the settlement takes the key', async () => {
    const { address, sessionKey } = await withKey()
    const timeline = await startTimeline(session)
    const batch = await signBatch(session, sessionKey, { servedAt: timeline.second(0) * 1000 })
    await expect(batch.handIn()).rejects.toThrow('InferenceLog_SessionKeyNotAuthorized')
    await timeline.at(hour, () => authorize(address, farFuture))
    await timeline.at(2 * hour, () => batch.handIn())
    expect(await judged(batch.receipt)).toMatchObject({ whole: 'verified', status: 'verified' })
  })
})
