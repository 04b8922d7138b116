import { verifyReceipt } from '@assay/sdk'
import { type Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { attestedEnvironment, judgedEnvironment } from '../support/attested.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { signBatch } from '../support/signed-batch.ts'
import { day, hour, startTimeline } from '../support/timeline.ts'
import { lineOf } from '../support/verified.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const victim = () => session.chain.as(accountOf(1))

describe('a session key, in the hands of a thief', () => {
  async function judged(receipt: unknown) {
    const { policy, chain } = session
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    return { whole: report.status, ...lineOf(report, 'sessionKey') }
  }

  // S: stolen; T: the thief settles, back-dated by a year; R: reported, since S.
  test('behavior: S, T, R: verified as long as nobody says so, then unknown', async () => {
    const sessionKey = await session.newKey(farFuture)
    const { address } = privateKeyToAccount(sessionKey)
    const timeline = await startTimeline(session)
    const servedAt = timeline.second(-365 * day) * 1000
    const { receipt, handIn } = await signBatch(session, sessionKey, { servedAt })
    await timeline.at(hour, handIn)
    expect(await judged(receipt)).toMatchObject({ whole: 'verified' })
    await timeline.at(day, async () =>
      session.chain.mined(await victim().log.write.reportCompromise([address, timeline.second(0)])),
    )
    const found = await judged(receipt)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown', source: 'vouched' })
    expect(found.reason).toContain(`reported at ${timeline.date(day)}`)
  })

  // R: revoked; T: the thief settles, back-dated to before R.
  test('behavior: R, T: the contract refuses it, from the first second on', async () => {
    const sessionKey = await session.newKey(farFuture)
    const { address } = privateKeyToAccount(sessionKey)
    const timeline = await startTimeline(session)
    const servedAt = timeline.second(-hour) * 1000
    const { receipt, handIn } = await signBatch(session, sessionKey, { servedAt })
    await timeline.at(0, async () =>
      session.chain.mined(await victim().log.write.revokeSessionKey([address])),
    )
    await expect(handIn()).rejects.toThrow('InferenceLog_SessionKeyRevoked')
    expect(await judged(receipt)).toMatchObject({ whole: 'unknown' })
  })
})

/**
 * The thief is an owner like any other, and names the stolen key its session key: no revocation of the victim's session keys
 * concerns it. What ends it is the revocation of the environment.
 */
describe('the key of an environment, in the hands of a thief with an owner of its own', () => {
  const thief = accountOf(7)

  async function stolen(validUntil?: number) {
    const key = await session.newKey()
    const environmentId = await attestedEnvironment(session, key, {
      ...(validUntil === undefined ? {} : { validUntil }),
    })
    const { address } = privateKeyToAccount(key)
    const { log } = session.chain.as(thief)
    await session.chain.mined(await log.write.authorize([address, farFuture]))
    const by = await session.recorder({ owner: thief.address, sessionKey: key })
    return { environmentId, by }
  }
  const judged = (receipt: unknown) => judgedEnvironment(session, receipt)
  const good = { whole: 'verified', status: 'verified' }
  const revoke = async (id: Hex) =>
    session.chain.mined(await victim().environments.write.revoke([id]))

  // R: revoked. Back-dated to before R, settled after it.
  test('behavior: R, settled within a day: stands, as that of an honest one would; after it refuted', async () => {
    const { environmentId, by } = await stolen()
    const timeline = await startTimeline(session)
    await timeline.at(hour, () => revoke(environmentId))
    const backDated = { servedAt: hour - 1, environmentId }
    const within = await timeline.settledAt(hour + day, by, backDated)
    const after = await timeline.settledAt(hour + day + 1, by, backDated)
    const yearsAfter = await timeline.settledAt(1000 * day, by, backDated)
    expect(await judged(within)).toMatchObject(good)
    for (const receipt of [after, yearsAfter]) {
      expect(await judged(receipt)).toMatchObject({ whole: 'refuted', status: 'refuted' })
    }
  })

  // S: stolen; R: revoked, and reported since S.
  test('behavior: S, settled, R: what stood within the day is unknown once the theft is reported', async () => {
    const { environmentId, by } = await stolen()
    const timeline = await startTimeline(session)
    const before = await timeline.settledAt(-1, by, { servedAt: -60, environmentId })
    await timeline.at(hour, () => revoke(environmentId))
    const within = await timeline.settledAt(2 * hour, by, { servedAt: 0, environmentId })
    expect(await judged(within)).toMatchObject(good)
    await timeline.at(3 * hour, async () =>
      session.chain.mined(
        await victim().environments.write.reportCompromise([environmentId, timeline.second(0)]),
      ),
    )
    const found = await judged(within)
    expect(found).toMatchObject({ whole: 'unknown', status: 'unknown', source: 'vouched' })
    expect(found.reason).toContain(
      `${session.owner.toLowerCase()} reported at ${timeline.date(3 * hour)}`,
    )
    expect(await judged(before)).toMatchObject(good)
  })

  // E: the environment's end; stolen long after it, from a machine that was thrown away.
  test('behavior: E, stolen, back-dated to before E: refuted', async () => {
    const timeline = await startTimeline(session)
    const { environmentId, by } = await stolen(timeline.second(hour))
    const receipt = await timeline.settledAt(1000 * day, by, { servedAt: hour - 1, environmentId })
    const found = await judged(receipt)
    expect(found).toMatchObject({ whole: 'refuted', status: 'refuted' })
    expect(found.reason).toContain('more than a day before this was settled')
  })
})
