/** The chain takes blocks back: what was in them is settled again, none twice, and every receipt holds on. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  fileJournal,
  type InferenceReceipt,
  type Recorder,
  type RecorderOptions,
  verifyReceipt,
} from '@assay/sdk'
import { encodeBatchData, logIdOf } from '@assay/sdk/formats'
import { toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { type Session, startSession } from '../support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const confirmations = 30

async function recording(options: RecorderOptions = {}) {
  const errors: Error[] = []
  const receipts = new Map<string, InferenceReceipt>()
  const recorder = await session.recorder({
    finality: { confirmations },
    finalityPollMillis: 30,
    onReceipt: (receipt) => void receipts.set(receipt.inferenceId, receipt),
    onError: (error) => errors.push(error as Error),
    ...options,
  })
  return { recorder, receipts, errors }
}

/** Records some inferences, each settled in a block of its own. */
async function settleSome(recorder: Recorder, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await recorder.record({ request: `q${i}`, response: 'a' })
    await recorder.flush()
  }
}

const { stringify } = JSON

/** Old receipts hold on, without what they hint at: a reorganization may have changed that. New ones hold with it. */
async function expectSettledOnce(
  recorder: Recorder,
  receipts: Iterable<InferenceReceipt>,
  count: number,
) {
  const { chain, policy } = session
  const old = [...receipts]
  const all: (InferenceReceipt | undefined)[] = old.map((it) => ({ ...it, hints: {} }))
  for (const { inferenceId } of old) all.push(await recorder.receiptOf(inferenceId))
  expect(new Set(all.map((it) => it?.inferenceId)).size).toBe(count)
  for (const receipt of all) {
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status, stringify(report.checks)).toBe('verified')
  }
  const { owner, sessionKey, instance } = (old[0] as InferenceReceipt).log
  const { inferenceLog } = chain.addresses
  const logId = logIdOf({ chainId: chain.chainId, inferenceLog, owner, sessionKey, instance })
  const head = await chain.as(session.sessionAccount).log.read.heads([logId])
  expect(head).toBe(BigInt(count))
}

test.each([
  [1, 0],
  [5, 0],
  [20, 3_600],
])(
  'behavior: %i blocks are taken back, and mined again %i seconds later',
  { timeout: 60_000 },
  async (blocks, seconds) => {
    const { chain } = session
    const { recorder, receipts, errors } = await recording()
    await settleSome(recorder, 2)
    const id = await chain.client.snapshot()
    await settleSome(recorder, blocks)
    await expect.poll(() => receipts.size).toBe(2 + blocks)
    await chain.client.revert({ id })
    if (seconds > 0) await chain.client.increaseTime({ seconds })
    await chain.client.mine({ blocks: 1 })
    await expect
      .poll(() => errors.find(({ name }) => name === 'BatchesDroppedError'), { timeout: 30_000 })
      .toMatchObject({ count: blocks })
    await expectSettledOnce(recorder, receipts.values(), 2 + blocks)
    // The log goes on, and becomes final.
    await settleSome(recorder, 1)
    await chain.client.mine({ blocks: confirmations })
    await expect.poll(() => recorder.status().finalized).toBe(3 + blocks)
    await expect.poll(() => receipts.size).toBe(3 + blocks)
    await expectSettledOnce(recorder, receipts.values(), 3 + blocks)
    await recorder.shutdown()
  },
)

test('behavior: one who settles on after a reorganization finds what is missing before it', async () => {
  const { chain } = session
  // It never looks by itself.
  const { recorder, receipts, errors } = await recording({ finalityPollMillis: 1_000_000 })
  await settleSome(recorder, 1)
  const id = await chain.client.snapshot()
  await settleSome(recorder, 2)
  await chain.client.revert({ id })
  await settleSome(recorder, 1)
  expect(errors).toEqual([expect.objectContaining({ name: 'BatchesDroppedError', count: 2 })])
  await expect.poll(() => receipts.size).toBe(4)
  await expectSettledOnce(recorder, receipts.values(), 4)
  await recorder.shutdown()
})

test('behavior: what was dropped after its process had ended is found by the next one', async () => {
  const { chain } = session
  const journal = fileJournal({ directory: await session.directory() })
  const first = await recording({ journal })
  const id = await chain.client.snapshot()
  await settleSome(first.recorder, 2)
  await expect.poll(() => first.receipts.size).toBe(2)
  await first.recorder.shutdown()
  await chain.client.revert({ id })
  const second = await recording({ journal })
  await second.recorder.record({ request: 'q', response: 'a' })
  await second.recorder.flush()
  await expect.poll(() => second.receipts.size).toBe(1)
  const receipts = [...first.receipts.values(), ...second.receipts.values()]
  await expectSettledOnce(second.recorder, receipts, 3)
  await second.recorder.shutdown()
  const third = await recording({ journal })
  await expectSettledOnce(third.recorder, receipts, 3)
  await third.recorder.shutdown()
})

test('behavior: settled once more by one who took no note of it, its receipt hints at nothing that is gone', async () => {
  const { chain } = session
  const journal = fileJournal({ directory: await session.directory() })
  const first = await recording({ journal })
  const id = await chain.client.snapshot()
  await settleSome(first.recorder, 1)
  await expect.poll(() => first.receipts.size).toBe(1)
  await first.recorder.shutdown()
  const [receipt] = first.receipts.values()
  const { log, batch, inference } = receipt!
  await chain.client.revert({ id })
  const { modelId, environmentId, commitment, servedAt } = inference
  const record = { modelId, environmentId, commitment, servedAt: BigInt(servedAt) }
  const { settleInlineBySig } = chain.as(accountOf(9)).log.write
  const key = { owner: log.owner, sessionKey: log.sessionKey, instance: log.instance }
  const data = toHex(encodeBatchData([record]))
  await chain.mined(await settleInlineBySig([key, 0n, 1, batch.root, data, batch.signature]))
  await chain.client.mine({ blocks: confirmations })
  const second = await recording({ journal })
  await expect.poll(() => second.recorder.status().finalized).toBe(1)
  const anew = await second.recorder.receiptOf(receipt!.inferenceId)
  expect(anew?.hints).toEqual({})
  await expectSettledOnce(second.recorder, [receipt!], 1)
  await second.recorder.shutdown()
})

test('behavior: an endpoint that is behind, once, makes nothing be settled twice', async () => {
  const { chain } = session
  let stale: string | undefined
  // Answers as a node would that has not seen the last blocks.
  const server = createServer((request, response) => {
    void (async () => {
      const body = await new Response(request as never).text()
      const pass = async () => (await fetch(chain.rpcUrl, { method: 'POST', body })).text()
      const { id, method } = JSON.parse(body) as { id: number; method: string }
      const answer =
        method === 'eth_call' && stale ? stringify({ jsonrpc: '2.0', id, result: stale }) : pass()
      response.end(await answer)
    })()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  try {
    const { recorder, receipts, errors } = await recording({
      rpcUrl: `http://127.0.0.1:${port}`,
      finalityPollMillis: 100,
    })
    await settleSome(recorder, 1)
    const from = session.sessionAccount.address
    const sent = await chain.client.getTransactionCount({ address: from })
    // No settlement: five words of zero.
    stale = `0x${'0'.repeat(64 * 5)}`
    await new Promise((later) => setTimeout(later, 120))
    stale = undefined
    await new Promise((later) => setTimeout(later, 400))
    expect(errors).toEqual([])
    expect(await chain.client.getTransactionCount({ address: from })).toBe(sent)
    await expectSettledOnce(recorder, receipts.values(), 1)
    await recorder.shutdown()
  } finally {
    server.close()
  }
})
