import { generatePrivateKey, type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { flips, revert } from '../support/calls.ts'
import { far, inferenceLogs, stranger } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, newKey, newLog } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('by the owner’s signature', () => {
  const types = {
    SessionKeyAuthorization: [
      { name: 'owner', type: 'address' },
      { name: 'sessionKey', type: 'address' },
      { name: 'expiresAt', type: 'uint48' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    SessionKeyRevocation: [
      { name: 'owner', type: 'address' },
      { name: 'sessionKey', type: 'address' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    SessionKeyCompromise: [
      { name: 'owner', type: 'address' },
      { name: 'sessionKey', type: 'address' },
      { name: 'since', type: 'uint48' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    Skip: [
      { name: 'logId', type: 'bytes32' },
      { name: 'first', type: 'uint64' },
      { name: 'count', type: 'uint32' },
      { name: 'deadline', type: 'uint256' },
    ],
  } as const
  const signer = accountOf(3)
  const sign = (primaryType: keyof typeof types, message: object, by: LocalAccount = signer) =>
    by.signTypedData({ domain: logs.domain(), types, primaryType, message } as never)

  test('default: anyone can hand in an authorization, a report and a revocation', async () => {
    const sessionKey = privateKeyToAccount(generatePrivateKey()).address
    const base = { owner: signer.address, sessionKey, deadline: BigInt(far) }
    const nonce = await as(signer).read.nonces([signer.address])
    const { write } = as(stranger)
    const authorization = await sign('SessionKeyAuthorization', { ...base, expiresAt: far, nonce })
    const authorize = () =>
      write.authorizeBySig([signer.address, sessionKey, far, nonce, BigInt(far), authorization])
    expect(await events(authorize())).toMatchObject([{ eventName: 'SessionKeyAuthorized' }])
    expect((await revert(authorize()))[0]).toBe('InvalidAccountNonce')
    const report = await sign('SessionKeyCompromise', { ...base, since: 7, nonce: nonce + 1n })
    expect(
      await events(
        write.reportCompromiseBySig([
          signer.address,
          sessionKey,
          7,
          nonce + 1n,
          BigInt(far),
          report,
        ]),
      ),
    ).toEqual([
      { eventName: 'SessionKeyCompromised', args: { owner: signer.address, sessionKey, since: 7 } },
    ])
    const revocation = await sign('SessionKeyRevocation', { ...base, nonce: nonce + 2n })
    expect(
      await events(
        write.revokeSessionKeyBySig([
          signer.address,
          sessionKey,
          nonce + 2n,
          BigInt(far),
          revocation,
        ]),
      ),
    ).toEqual([{ eventName: 'SessionKeyRevoked', args: { owner: signer.address, sessionKey } }])
  })

  test('error: deadline, stranger, every byte flipped', async () => {
    const sessionKey = privateKeyToAccount(generatePrivateKey()).address
    const nonce = await as(signer).read.nonces([signer.address])
    const message = { owner: signer.address, sessionKey, expiresAt: far, nonce }
    const { write, simulate } = as(stranger)
    const late = await sign('SessionKeyAuthorization', { ...message, deadline: 5n })
    expect(
      (await revert(write.authorizeBySig([signer.address, sessionKey, far, nonce, 5n, late])))[0],
    ).toBe('InferenceLog_DeadlinePassed')
    const full = { ...message, deadline: BigInt(far) }
    const foreign = await sign('SessionKeyAuthorization', full, stranger)
    const good = await sign('SessionKeyAuthorization', full)
    const bad = [foreign, '0x' as const, ...flips(good)]
    for (const signature of bad) {
      const call = simulate.authorizeBySig([
        signer.address,
        sessionKey,
        far,
        nonce,
        BigInt(far),
        signature,
      ])
      expect((await revert(call))[0]).toBe('InferenceLog_InvalidSignature')
    }
  })

  test('behavior: skipBySig gives up the next numbers', async () => {
    const sessionKey = await newKey()
    const { key, logId } = newLog(sessionKey, signer.address)
    const signature = await sign('Skip', { logId, first: 0n, count: 4, deadline: BigInt(far) })
    const skip = () => as(stranger).write.skipBySig([key, 0n, 4, BigInt(far), signature])
    expect((await events(skip())).map(({ eventName }) => eventName)).toEqual([
      'InferenceLogOpened',
      'InferencesSkipped',
    ])
    expect((await revert(skip()))[0]).toBe('InferenceLog_Fork')
    const other = await sign(
      'Skip',
      { logId, first: 4n, count: 4, deadline: BigInt(far) },
      stranger,
    )
    expect((await revert(as(stranger).write.skipBySig([key, 4n, 4, BigInt(far), other])))[0]).toBe(
      'InferenceLog_InvalidSignature',
    )
  })
})
