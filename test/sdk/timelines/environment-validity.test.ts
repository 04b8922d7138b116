import type { Recorder } from '@assay/sdk'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { attestedEnvironment, judgedEnvironment } from '../support/attested.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { signBatch } from '../support/signed-batch.ts'
import { day, hour, startTimeline } from '../support/timeline.ts'
import { environmentOf } from '../support/verified.ts'

let session: Session
/** Signs with the environment's own key. */
let by: Recorder
beforeAll(async () => {
  session = await startSession()
  by = await session.recorder()
})
afterAll(() => session.stop())

const judged = (receipt: unknown) => judgedEnvironment(session, receipt)
const good = { whole: 'verified', status: 'verified', source: 'vouched' }
const registrant = () => session.chain.as(accountOf(1)).environments.write
const revoke = async (id: Hex) => session.chain.mined(await registrant().revoke([id]))
const report = async (id: Hex, since: number) =>
  session.chain.mined(await registrant().reportCompromise([id, since]))

describe('revoked', () => {
  test('behavior: registered, served, settled, then revoked: good, a year later too', async () => {
    const environmentId = await attestedEnvironment(session, session.sessionKey)
    const timeline = await startTimeline(session)
    const receipt = await timeline.settledAt(60, by, { servedAt: 0, environmentId })
    await timeline.at(hour, () => revoke(environmentId))
    expect(await judged(receipt)).toMatchObject(good)
    await timeline.at(365 * day, () => session.chain.client.mine({ blocks: 1 }))
    expect(await judged(receipt)).toMatchObject(good)
  })

  test('behavior: served, revoked, settled within a day: good; a second later refuted', async () => {
    const environmentId = await attestedEnvironment(session, session.sessionKey)
    const timeline = await startTimeline(session)
    await timeline.at(hour, () => revoke(environmentId))
    const served = { servedAt: hour, environmentId }
    const last = await timeline.settledAt(hour + day, by, served)
    const late = await timeline.settledAt(hour + day + 1, by, served)
    expect(await judged(last)).toMatchObject(good)
    const found = await judged(late)
    expect(found).toMatchObject({ whole: 'refuted', status: 'refuted', source: 'vouched' })
    expect(found.reason).toContain(
      `Revoked ${timeline.date(hour)}, more than a day before this was settled.`,
    )
  })

  test('behavior: revoked, then served: refuted, from the first ms on', async () => {
    const environmentId = await attestedEnvironment(session, session.sessionKey)
    const timeline = await startTimeline(session)
    await timeline.at(hour, () => revoke(environmentId))
    const after = await timeline.settledAt(hour + 60, by, { servedAt: hour + 0.001, environmentId })
    const found = await judged(after)
    expect(found).toMatchObject({ whole: 'refuted', status: 'refuted' })
    expect(found.reason).toContain(`Revoked ${timeline.date(hour)}, before this was served.`)
  })
})

describe('compromised since S', () => {
  test('behavior: settled before S good, from S on unknown, with reporter and time', async () => {
    const environmentId = await attestedEnvironment(session, session.sessionKey)
    const timeline = await startTimeline(session)
    const served = { servedAt: 0, environmentId }
    const before = await timeline.settledAt(hour - 1, by, served)
    const since = await timeline.settledAt(hour, by, served)
    await timeline.at(day, () => report(environmentId, timeline.second(hour)))
    expect(await judged(before)).toMatchObject(good)
    const found = await judged(since)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown', source: 'vouched' })
    expect(found.reason).toContain(
      `${session.owner.toLowerCase()} reported at ${timeline.date(day)} that it was compromised since ${timeline.date(hour)}, before this was settled.`,
    )
  })

  test('behavior: a report after a revocation: what was good is unknown, what was refuted stays so', async () => {
    const environmentId = await attestedEnvironment(session, session.sessionKey)
    const timeline = await startTimeline(session)
    await timeline.at(hour, () => revoke(environmentId))
    const inTime = await timeline.settledAt(2 * hour, by, { servedAt: 0, environmentId })
    const tooLate = await timeline.settledAt(3 * hour, by, { servedAt: 2 * hour, environmentId })
    expect(await judged(inTime)).toMatchObject(good)
    expect(await judged(tooLate)).toMatchObject({ whole: 'refuted' })
    await timeline.at(day, () => report(environmentId, 0))
    expect(await judged(inTime)).toMatchObject({ whole: 'unknown', status: 'unknown' })
    expect(await judged(tooLate)).toMatchObject({ whole: 'refuted', status: 'refuted' })
  })
})

describe('from its registration to its end', () => {
  test('behavior: served, registered, settled: unknown, though attested since', async () => {
    const timeline = await startTimeline(session)
    await session.chain.client.setNextBlockTimestamp({ timestamp: BigInt(timeline.second(hour)) })
    const environmentId = await attestedEnvironment(session, session.sessionKey)
    const early = await timeline.settledAt(day, by, { servedAt: hour - 1, environmentId })
    const first = await timeline.settledAt(day + 1, by, { servedAt: hour, environmentId })
    const found = await judged(early)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown', source: 'declared' })
    expect(found.reason).toContain(`but only ${timeline.date(hour)}, after this was served.`)
    expect(await judged(first)).toMatchObject(good)
  })

  test('behavior: served in its last second good, in the next refuted', async () => {
    const timeline = await startTimeline(session)
    const validUntil = timeline.second(hour)
    const environmentId = await attestedEnvironment(session, session.sessionKey, { validUntil })
    const last = await timeline.settledAt(hour + 60, by, { servedAt: hour + 0.999, environmentId })
    const next = await timeline.settledAt(hour + 61, by, { servedAt: hour + 1, environmentId })
    expect(await judged(last)).toMatchObject(good)
    const found = await judged(next)
    expect(found).toMatchObject({ whole: 'refuted', status: 'refuted' })
    expect(found.reason).toContain(
      `valid until ${timeline.date(hour)} only, before this was served.`,
    )
  })

  test('behavior: served before its end, settled within a day good; a second later refuted', async () => {
    const timeline = await startTimeline(session)
    const validUntil = timeline.second(hour)
    const environmentId = await attestedEnvironment(session, session.sessionKey, { validUntil })
    const served = { servedAt: hour - 60, environmentId }
    const last = await timeline.settledAt(hour + day, by, served)
    const late = await timeline.settledAt(hour + day + 1, by, served)
    expect(await judged(last)).toMatchObject(good)
    const found = await judged(late)
    expect(found).toMatchObject({ whole: 'refuted', status: 'refuted' })
    expect(found.reason).toContain('more than a day before this was settled.')
  })
})

describe('named in a record', () => {
  test('behavior: its own key signed, and nobody attests it: declared, and both is said', async () => {
    const environmentId = await environmentOf(session, session.sessionKey)
    const timeline = await startTimeline(session)
    const receipt = await timeline.settledAt(60, by, { servedAt: 0, environmentId })
    const found = await judged(receipt)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown', source: 'declared' })
    expect(found.reason).toContain(
      'its own key signed the batch. Nothing that this policy believes',
    )
  })

  test('behavior: the key of another environment named: declared, whoever attests it', async () => {
    const theirs = await attestedEnvironment(session, await session.newKey())
    const timeline = await startTimeline(session)
    const receipt = await timeline.settledAt(60, by, { servedAt: 0, environmentId: theirs })
    const found = await judged(receipt)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown', source: 'declared' })
    expect(found.reason).toContain('named by the recorder, whose key is another')
  })

  test('behavior: its own session key, but the owner signed and settled: declared', async () => {
    const sessionKey = await session.newKey(farFuture)
    const environmentId = await attestedEnvironment(session, sessionKey)
    const timeline = await startTimeline(session)
    const servedAt = timeline.second(0) * 1000
    const { address } = privateKeyToAccount(sessionKey)
    const batch = await signBatch(session, sessionKey, { servedAt, environmentId }, (typedData) =>
      accountOf(1).signTypedData(typedData),
    )
    await timeline.at(60, () => batch.settleByOwner())
    expect(batch.receipt.log.sessionKey).toBe(address.toLowerCase())
    expect(await judged(batch.receipt)).toMatchObject({
      ...{ whole: 'unknown', status: 'unknown', source: 'declared' },
    })
  })

  test('behavior: none is named, and an id that nobody registered: declared', async () => {
    const timeline = await startTimeline(session)
    const none = await timeline.settledAt(1, by, { servedAt: 0 })
    const environmentId: Hex = `0x${'6'.repeat(64)}`
    const nowhere = await timeline.settledAt(2, by, { servedAt: 0, environmentId })
    for (const [receipt, reason] of [
      [none, 'None is named.'],
      [nowhere, 'The environment id is not in the registry.'],
    ] as const) {
      expect(await judged(receipt)).toEqual({
        ...{ whole: 'unknown', status: 'unknown', source: 'declared', reason },
      })
    }
  })
})
