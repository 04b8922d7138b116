/** The end of a session key is told ahead of time, and an extension takes effect while everything runs. */
import { SessionKeyExpiringError } from '@assay/sdk'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { type Session, startSession } from '../support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const day = 24 * 3_600
const inDays = (days: number) => Math.floor(Date.now() / 1_000) + days * day

async function recording(sessionKey: `0x${string}`) {
  const errors: unknown[] = []
  const recorder = await session.recorder({ sessionKey, onError: (error) => errors.push(error) })
  const settle = async () => {
    await recorder.record({ request: 'q', response: 'a' })
    await recorder.flush()
  }
  return { recorder, errors, settle }
}

test('behavior: told from a week before, once, and not earlier', async () => {
  for (const [days, told] of [
    [6, 1],
    [8, 0],
  ] as const) {
    const expiresAt = inDays(days)
    const { errors, settle } = await recording(await session.newKey(expiresAt))
    await settle()
    await settle()
    await expect.poll(() => errors.length).toBe(told)
    if (told) {
      expect(errors[0]).toBeInstanceOf(SessionKeyExpiringError)
      expect((errors[0] as SessionKeyExpiringError).expiresAt).toBe(expiresAt)
    }
  }
})

test('behavior: after its end nothing is lost, and an extension settles what waits', async () => {
  const { chain } = session
  const key = await session.newKey(Math.floor(Date.now() / 1_000) + 120)
  const { recorder, settle } = await recording(key)
  await settle()
  await chain.client.increaseTime({ seconds: 600 })
  await chain.client.mine({ blocks: 1 })
  await expect(settle()).rejects.toThrow('The authorization of the session key')
  expect(recorder.status().pending).toBe(1)
  const { log } = chain.as(accountOf(1))
  await chain.mined(await log.write.authorize([privateKeyToAddress(key), inDays(30)]))
  await recorder.flush()
  expect(recorder.status().pending).toBe(0)
})
