import { defaultPolicy, type InferenceReceipt, type Recorder, verifyReceipt } from '@assay/sdk'
import { createClient, custom, http } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Session, startSession } from '../support/session.ts'
import { lineOf, receiptBy } from '../support/verified.ts'

let session: Session
let recorder: Recorder
beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
})
afterAll(() => session.stop())

const verify = (receipt: InferenceReceipt) =>
  verifyReceipt(receipt, { policy: session.policy, client: session.chain.client })

test('default: chain 31337 is called local, and the block is named', async () => {
  const report = await verify(await receiptBy(recorder))
  expect(report.status).toBe('verified')
  expect(report.chain).toMatchObject({ id: '31337', local: true })
  expect(report.chain.block?.number).toMatch(/^\d+$/)
  expect(report.notProven.length).toBeGreaterThan(0)
})

test('behavior: what is not settled is unknown', async () => {
  await receiptBy(recorder)
  const { policy, chain } = session
  const snapshot = await chain.client.snapshot()
  const receipt = await receiptBy(recorder)
  await chain.client.revert({ id: snapshot })
  const report = await verifyReceipt(receipt, { policy, client: chain.client })
  expect(report.status).toBe('unknown')
  expect(lineOf(report, 'settlement').status).toBe('unknown')
  // The recorder holds the settlement for done: it is not used any further.
  recorder = await session.recorder()
})

test('behavior: contracts and chains come from the policy, never from the receipt', async () => {
  const receipt = await receiptBy(recorder)
  const { client, addresses } = session.chain
  const foreign = {
    ...defaultPolicy,
    chains: { 31337: { ...addresses, inferenceLog: addresses.modelRegistry } },
  }
  const elsewhere = { ...defaultPolicy, chains: {} }
  for (const policy of [foreign, elsewhere]) {
    const report = await verifyReceipt(receipt, { policy, client })
    expect(report.status).toBe('unknown')
    expect(lineOf(report, 'settlement').status).toBe('unknown')
  }
})

test('behavior: an endpoint of another chain, one that is down or one that lies is a reason not to know', async () => {
  const receipt = await receiptBy(recorder)
  const answering = (answer: unknown) =>
    createClient({ transport: custom({ request: () => Promise.resolve(answer) }) })
  const clients = [
    answering('0x1'),
    answering('garbage'),
    answering('0x7a69'),
    answering(null),
    createClient({ transport: http('http://127.0.0.1:9', { retryCount: 0 }) }),
  ]
  for (const client of clients) {
    const report = await verifyReceipt(receipt, { policy: session.policy, client })
    expect(report.status).toBe('unknown')
    expect(lineOf(report, 'settlement').status).not.toBe('verified')
    expect(lineOf(report, 'inclusion').status).toBe('verified')
  }
})
