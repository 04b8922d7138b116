/** The session key is gone: the owner settles what waits, or gives its numbers up. */
import {
  authorizeSessionKey,
  fileJournal,
  memoryJournal,
  revokeSessionKey,
  settleByOwner,
  type SettleByOwnerOptions,
  skipInferences,
  verifyReceipt,
} from '@assay/sdk'
import { findReceipt } from '@assay/sdk/inspect'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { countingWallet } from '../support/counting-wallet.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { lineOf } from '../support/verified.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const owner = accountOf(1)

/** Records without settling, as a machine does that burns down before. @returns What was recorded. */
async function leave(directory: string, sessionKey: Hex, count: number, signs: boolean) {
  const recorder = await session.recorder({
    sessionKey,
    journal: fileJournal({ directory }),
    scheduledDelayMillis: 1_000_000,
    submit: () => Promise.reject(new Error('no network')),
    onError: () => undefined,
  })
  const ids = []
  for (let i = 0; i < count; i++)
    ids.push((await recorder.record({ request: `q${i}`, response: 'a' }))!.inferenceId)
  if (signs) await expect(recorder.flush()).rejects.toThrow('no network')
  await recorder.shutdown()
  return ids
}

const place = (directory: string, sessionKey: Hex): SettleByOwnerOptions => ({
  chainId: session.chain.chainId,
  rpcUrl: session.chain.rpcUrl,
  inferenceLog: session.chain.addresses.inferenceLog,
  owner,
  sessionKey: privateKeyToAddress(sessionKey),
  journal: fileJournal({ directory }),
})

test.each([
  ['signed by it', true],
  ['not signed yet', false],
])('default: batches %s are settled by the owner, and their receipts verify', async (_, signs) => {
  const { chain, policy } = session
  const sessionKey = await session.newKey(farFuture)
  const directory = await session.directory()
  const ids = await leave(directory, sessionKey, 3, signs)
  // Gone for good: nobody can use it any more.
  const { wallet } = countingWallet(chain, owner)
  const { inferenceLog } = chain.addresses
  const revoked = { sessionKey: privateKeyToAddress(sessionKey), inferenceLog }
  await chain.mined(await revokeSessionKey(wallet, revoked))
  const told: number[] = []
  const options = place(directory, sessionKey)
  expect(await settleByOwner({ ...options, onSettled: (count) => told.push(count) })).toBe(3)
  expect(told).toEqual([3])
  for (const id of ids) {
    const found = await findReceipt({ inferenceId: id as Hex, directory })
    const report = await verifyReceipt(found?.receipt, { policy, client: chain.client })
    expect(report.status).toBe('verified')
    expect(lineOf(report, 'sessionKey').reason).toContain('The owner settled the batch')
  }
  expect(await settleByOwner(options)).toBe(0)
})

test('behavior: what a living process holds is left to it', async () => {
  const sessionKey = await session.newKey(farFuture)
  const directory = await session.directory()
  const recorder = await session.recorder({
    sessionKey,
    journal: fileJournal({ directory }),
    scheduledDelayMillis: 1_000_000,
  })
  await recorder.record({ request: 'q', response: 'a' })
  expect(await settleByOwner(place(directory, sessionKey))).toBe(0)
  expect(recorder.status().pending).toBe(1)
})

test('behavior: with the journal gone too, the owner gives its numbers up, and the log goes on', async () => {
  const { chain } = session
  const sessionKey = await session.newKey(farFuture)
  const { wallet } = countingWallet(chain, owner)
  const recorder = await session.recorder({ sessionKey, journal: memoryJournal() })
  const first = await recorder.receiptOf(await recorder.record({ request: 'q', response: 'a' }))
  const { instance } = first!.log
  const inferenceLog = chain.addresses.inferenceLog
  const key = { owner: owner.address, sessionKey: privateKeyToAddress(sessionKey), instance }
  await chain.mined(await skipInferences(wallet, { key, first: 1n, count: 5, inferenceLog }))
  const expiresAt = farFuture
  const next = privateKeyToAddress(generatePrivateKey())
  await chain.mined(
    await authorizeSessionKey(wallet, { sessionKey: next, expiresAt, inferenceLog }),
  )
  const report = await verifyReceipt(first, { policy: session.policy, client: chain.client })
  expect(report.status).toBe('verified')
  expect(lineOf(report, 'log').reason).toContain('5 were skipped by the owner')
})

test('error: by another than the owner the chain refuses, and nothing is lost', async () => {
  const sessionKey = await session.newKey(farFuture)
  const directory = await session.directory()
  await leave(directory, sessionKey, 1, true)
  const options = place(directory, sessionKey)
  // Nothing is kept there in another owner's name.
  expect(await settleByOwner({ ...options, owner: accountOf(2) })).toBe(0)
  const errors: unknown[] = []
  const gone = { ...options, rpcUrl: 'http://127.0.0.1:9', timeoutMillis: 20_000 }
  await expect(settleByOwner({ ...gone, onError: (error) => errors.push(error) })).rejects.toThrow(
    '127.0.0.1:9',
  )
  expect(await settleByOwner(options)).toBe(1)
})
