import { type InferenceReceipt, verifyReceipt } from '@assay/sdk'
import { type Address, type Hex, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { endpointBefore } from '../support/endpoint.ts'
import { type Session, startSession } from '../support/session.ts'
import { singleBatch } from '../support/single-batch.ts'
import { lineOf } from '../support/verified.ts'

/**
 * An owner that is a contract: `isValidSignature` accepts everything (ERC-1271) until somebody calls it without data.
 *
 * Init code copies the 34 bytes behind it. They are: without call data store 1; else with something stored revert; else return
 * 0x1626ba7e.
 */
const fickle =
  '0x60228060095f395ff33615601c575f5460185763 1626ba7e60e01b5f5260205ff35b5f5ffd5b60015f5500'

let session: Session
let owner: Address
let receipt: InferenceReceipt
beforeAll(async () => {
  session = await startSession()
  const { chain } = session
  const hash = await chain.client.sendTransaction({ data: fickle.replace(' ', '') as Hex })
  owner = (await chain.mined(hash)).contractAddress ?? '0x'
  const account = privateKeyToAccount(await session.newKey())
  const made = await singleBatch(chain, 'inline', {
    owner,
    sessionKey: account.address,
    sign: () => Promise.resolve('0x1234'),
  })
  receipt = made.receipt
  const { batch, place, signature } = made
  const { log } = chain.as(accountOf(0))
  await chain.mined(
    await log.write.settleInlineBySig([
      place,
      0n,
      batch.count,
      batch.root,
      toHex(batch.data),
      signature,
    ]),
  )
})
afterAll(() => session.stop())

const verify = (of = receipt) =>
  verifyReceipt(of, { policy: session.policy, client: session.chain.client })

test('default: a signature that the owner’s contract accepts is verified, vouched', async () => {
  const report = await verify()
  expect(report.status).toBe('verified')
  expect(lineOf(report, 'signature')).toMatchObject({ status: 'verified', source: 'vouched' })
})

test('behavior: offline it is unknown', async () => {
  const report = await verifyReceipt(receipt)
  expect(lineOf(report, 'signature').status).toBe('unknown')
})

test('behavior: an endpoint that does not answer that one question refutes nothing', async () => {
  for (const alter of [() => Promise.reject(new Error('rate limited')), () => '0xzz', () => null]) {
    const odd = endpointBefore(session.chain.client, 'odd', (method, params, pass) => {
      const [call] = params as [{ to?: string }]
      return method === 'eth_call' && call.to === receipt.log.owner ? alter() : pass()
    })
    const report = await verifyReceipt(receipt, { policy: session.policy, client: odd })
    expect(lineOf(report, 'signature').status).toBe('unknown')
    expect(report.status).toBe('unknown')
  }
})

test('behavior: one endpoint of several that says that the contract refuses refutes nothing', async () => {
  const { client } = session.chain
  const honest = endpointBefore(client, 'one', (_, __, pass) => pass())
  const liar = endpointBefore(client, 'liar', (method, params, pass) => {
    const [call] = params as [{ to?: string }]
    if (method !== 'eth_call' || call.to !== receipt.log.owner) return pass()
    return Promise.reject(Object.assign(new Error('execution reverted'), { code: 3 }))
  })
  // Of another log, so not settled: only the contract can say whose the signature is.
  const instance: Hex = `0x${'7'.repeat(64)}`
  const waiting = { ...receipt, log: { ...receipt.log, instance } }
  for (const both of [
    [honest, liar],
    [liar, honest],
  ]) {
    const report = await verifyReceipt(waiting, { policy: session.policy, client: both })
    expect(lineOf(report, 'signature').status).toBe('unknown')
    expect(lineOf(report, 'settlement').reason).toContain('answer differently to eth_call')
  }
  const agreed = await verifyReceipt(waiting, { policy: session.policy, client: [liar, liar] })
  expect(lineOf(agreed, 'signature').status).toBe('refuted')
})

test('behavior: a contract that changed its mind unproves nothing: unknown, not refuted', async () => {
  await session.chain.mined(await session.chain.client.sendTransaction({ to: owner }))
  const report = await verify()
  expect(report.status).toBe('unknown')
  expect(lineOf(report, 'signature')).toMatchObject({ status: 'unknown', source: 'vouched' })
  const instance: Hex = `0x${'7'.repeat(64)}`
  const elsewhere = { ...receipt, log: { ...receipt.log, instance } }
  const { status, source } = lineOf(await verify(elsewhere), 'signature')
  // That no contract accepts it is the endpoint's word.
  expect([status, source]).toEqual(['refuted', 'vouched'])
})
