import { maxUint48, zeroAddress } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revert } from '../support/calls.ts'
import { far, inferenceLogs, owner, stranger } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, now } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('authorize', () => {
  test('default: authorizes, extends, and repeats without effect', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    const first = await events(as(owner).write.authorize([key, far]))
    expect(first).toEqual([
      {
        eventName: 'SessionKeyAuthorized',
        args: { owner: owner.address, sessionKey: key, expiresAt: far },
      },
    ])
    const authorizedAt = await now()
    expect(await events(as(owner).write.authorize([key, far]))).toEqual([])
    expect(await events(as(owner).write.authorize([key, far + 1]))).toHaveLength(1)
    expect(await as(owner).read.sessionKeyOf([owner.address, key])).toEqual({
      authorizedAt,
      expiresAt: far + 1,
      revokedAt: 0,
      compromisedSince: 0,
      compromiseReportedAt: 0,
    })
    expect(await as(owner).read.sessionKeyOf([stranger.address, key])).toMatchObject({
      authorizedAt: 0,
    })
  })

  test('error: zero key, past expiry, shortened, revoked', async () => {
    const { write } = as(owner)
    const key = privateKeyToAccount(generatePrivateKey()).address
    expect(await revert(write.authorize([zeroAddress, far]))).toEqual([
      'InferenceLog_ZeroSessionKey',
      [],
    ])
    expect((await revert(write.authorize([key, 1000])))[0]).toBe('InferenceLog_ExpiryInThePast')
    await events(write.authorize([key, far]))
    expect(await revert(write.authorize([key, far - 1]))).toEqual([
      'InferenceLog_AuthorizationNotExtended',
      [far, far - 1],
    ])
    await events(write.revokeSessionKey([key]))
    expect(await revert(write.authorize([key, far + 1]))).toEqual([
      'InferenceLog_SessionKeyRevoked',
      [owner.address, key, await now()],
    ])
  })

  test('behavior: expiry can be the largest there is', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    await events(as(owner).write.authorize([key, Number(maxUint48)]))
    expect(await as(owner).read.sessionKeyOf([owner.address, key])).toMatchObject({
      expiresAt: Number(maxUint48),
    })
  })
})

describe('revokeSessionKey', () => {
  test('behavior: is final, also for a key that was never authorized', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    expect(await events(as(owner).write.revokeSessionKey([key]))).toEqual([
      { eventName: 'SessionKeyRevoked', args: { owner: owner.address, sessionKey: key } },
    ])
    const revokedAt = await now()
    expect(await revert(as(owner).write.revokeSessionKey([key]))).toEqual([
      'InferenceLog_SessionKeyRevoked',
      [owner.address, key, revokedAt],
    ])
  })
})

describe('reportCompromise', () => {
  test('behavior: reaches back, never forward', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    const { write, read } = as(owner)
    expect((await revert(write.reportCompromise([key, far])))[0]).toBe(
      'InferenceLog_CompromiseInTheFuture',
    )
    await events(write.reportCompromise([key, 5000]))
    expect(await revert(write.reportCompromise([key, 5000]))).toEqual([
      'InferenceLog_CompromiseNotExtended',
      [5000, 5000],
    ])
    await events(write.reportCompromise([key, 0]))
    expect(await read.sessionKeyOf([owner.address, key])).toMatchObject({
      compromisedSince: 0,
      compromiseReportedAt: await now(),
    })
    expect((await revert(write.reportCompromise([key, 0])))[0]).toBe(
      'InferenceLog_CompromiseNotExtended',
    )
  })
})
