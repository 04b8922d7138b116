import { type InferenceReceipt, type Recorder, verifyReceipt } from '@assay/sdk'
import { type Hex, sha256, stringToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Session, startSession } from '../support/session.ts'
import { singleBatch } from '../support/single-batch.ts'
import { lineOf, receiptBy } from '../support/verified.ts'

let session: Session
let recorder: Recorder
beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
})
afterAll(() => session.stop())

async function logLine(receipt: InferenceReceipt) {
  const { policy, chain } = session
  return lineOf(await verifyReceipt(receipt, { policy, client: chain.client }), 'log')
}

test('default: says how far the log goes and what stands beside the batch', async () => {
  const first = await receiptBy(recorder)
  expect((await logLine(first)).reason).toBe(
    'Without gaps from 0 to 0. The batch is the first and the last so far.',
  )
  const second = await receiptBy(recorder)
  const third = await receiptBy(recorder)
  expect((await logLine(second)).reason).toBe(
    'Without gaps from 0 to 2. Before the batch, another one is settled; after it, another one is settled.',
  )
  expect((await logLine(third)).reason).toContain('another one is settled and the last so far.')
})

test('behavior: what the owner skipped is said', async () => {
  const receipt = await receiptBy(recorder)
  const { owner, sessionKey, instance } = receipt.log
  const end = BigInt(receipt.batch.first) + BigInt(receipt.batch.count)
  const { log } = session.chain.as(accountOf(1))
  await session.chain.mined(await log.write.skip([{ owner, sessionKey, instance }, end, 5]))
  const line = await logLine(receipt)
  expect(line.status).toBe('verified')
  expect(line.reason).toContain('after it, 5 were skipped by the owner.')
  expect(line.reason).toContain('The owner skipped 5 in all.')
  recorder = await session.recorder()
})

test('behavior: without the hint the settlement is found, whatever the mode', async () => {
  for (const receipt of [await receiptBy(recorder), await settledExternally()]) {
    expect(await logLine({ ...receipt, hints: {} })).toMatchObject({ status: 'verified' })
  }
})

test('behavior: settled by the key itself with other data than it signed: refuted', async () => {
  const line = await logLine(await settledExternally(sha256(stringToBytes('other data'))))
  expect(line).toMatchObject({ status: 'refuted', source: 'vouched' })
  expect(line.reason).toContain('settled with other data')
})

/** The receipt of one inference whose batch the session key settled, its data elsewhere; with another data digest, if one is given. */
async function settledExternally(dataDigest?: Hex): Promise<InferenceReceipt> {
  const { chain, owner } = session
  const account = privateKeyToAccount(await session.newKey(farFuture))
  const { place, batch, receipt } = await singleBatch(chain, 'external', {
    owner,
    sessionKey: account.address,
    sign: (typedData) => account.signTypedData(typedData),
  })
  const { root, count } = batch
  const digest = dataDigest ?? batch.dataDigest
  const { log } = chain.as(account)
  await chain.mined(await log.write.settleExternal([place, 0n, count, root, digest, '0x']))
  return receipt
}
