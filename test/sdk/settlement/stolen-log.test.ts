/** Somebody with the same session key settles in this log: it is noticed, told, and what is pending goes on in another log. */
import {
  BatchForkError,
  fileJournal,
  type InferenceReceipt,
  type Journal,
  memoryJournal,
  type RecordedInference,
  type RecorderOptions,
  settleInline,
  StolenLogError,
  verifyReceipt,
} from '@assay/sdk'
import { buildBatch, logIdOf } from '@assay/sdk/formats'
import { cp } from 'node:fs/promises'
import { createWalletClient, type Hex, http, zeroHash } from 'viem'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLedger } from '../../../sdk/src/record/ledger.ts'
import { reissue } from '../../../sdk/src/record/reissue.ts'
import { type Session, startSession } from '../support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

async function recording(options: RecorderOptions = {}) {
  const errors: Error[] = []
  const receipts: InferenceReceipt[] = []
  const recorder = await session.recorder({
    finality: { confirmations: 1 },
    scheduledDelayMillis: 100_000,
    onError: (error) => errors.push(error as Error),
    onReceipt: (receipt) => void receipts.push(receipt),
    ...options,
  })
  async function record(count: number): Promise<RecordedInference[]> {
    const all: RecordedInference[] = []
    for (let i = 0; i < count; i++) {
      all.push(
        (await recorder.record({
          request: `q${i}`,
          response: 'a',
          endpoint: 'https://a.example/v1',
        }))!,
      )
    }
    return all
  }
  return { recorder, errors, receipts, record }
}

/** Settles another batch of as many where the next one of a log would begin, by the same key. */
async function steal(instance: Hex, first: bigint, count: number): Promise<void> {
  const { chain, owner, sessionAccount } = session
  const { inferenceLog } = chain.addresses
  const key = { owner, sessionKey: sessionAccount.address, instance }
  const logId = logIdOf({ ...key, chainId: chain.chainId, inferenceLog })
  const one = {
    ...{ modelId: zeroHash, environmentId: zeroHash, commitment: `0x${'7'.repeat(64)}` as const },
    servedAt: BigInt(Date.now()),
  }
  const batch = buildBatch(logId, first, Array<typeof one>(count).fill(one), 'inline')
  const client = createWalletClient({
    account: sessionAccount,
    chain: hardhat,
    transport: http(chain.rpcUrl),
  })
  await chain.mined(await settleInline(client, { key, inferenceLog, ...batch }))
}

async function expectVerified(receipts: readonly (InferenceReceipt | undefined)[]) {
  const { policy, chain } = session
  for (const receipt of receipts) {
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status, JSON.stringify(report.checks)).toBe('verified')
  }
}

test.each<[string, () => Promise<Journal>]>([
  ['on disk', async () => fileJournal({ directory: await session.directory() })],
  ['in memory', () => Promise.resolve(memoryJournal())],
])(
  'default: a journal %s: told, and what is pending is settled in another log',
  async (_, open) => {
    const { recorder, errors, receipts, record } = await recording({ journal: await open() })
    const [settled] = await record(2)
    await recorder.flush()
    const before = (await recorder.receiptOf(settled))!
    const { instance } = before.log
    await steal(instance, 2n, 3)
    const pending = await record(3)
    await expect(recorder.flush()).rejects.toThrow(StolenLogError)
    expect(errors.filter((it) => it instanceof BatchForkError)).toEqual([])
    await expect.poll(() => recorder.status().pending).toBe(3)
    await recorder.flush()
    const after = await Promise.all(pending.map((it) => recorder.receiptOf(it)))
    await expectVerified([before, ...after])
    const [{ log }] = after as [InferenceReceipt]
    expect(log.instance).not.toBe(instance)
    expect(after.map((it) => [it?.log.instance, it?.inference.sequence])).toEqual(
      ['0', '1', '2'].map((sequence) => [log.instance, sequence]),
    )
    // Other ids, since the log is part of what they are made of; the contents are the same.
    expect(after.some((it, i) => it?.inferenceId === pending[i]!.inferenceId)).toBe(false)
    expect(after[0]?.fields.opened).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'endpoint' })]),
    )
    const byId = await recorder.receiptOf(pending[1]!.inferenceId)
    expect(byId?.inferenceId).toBe(after[1]?.inferenceId)
    await expect.poll(() => receipts.length).toBe(5)
    // It goes on where it is.
    const [next] = await record(1)
    await recorder.flush()
    expect((await recorder.receiptOf(next))?.inference).toMatchObject({ sequence: '3' })
    await recorder.shutdown()
  },
)

test('behavior: until it is final nothing moves, and a reorganization may give the place back', async () => {
  const { chain } = session
  const { recorder, record } = await recording({ finality: { confirmations: 10 } })
  const [first] = await record(1)
  await recorder.flush()
  const { log } = (await recorder.receiptOf(first))!
  const id = await chain.client.snapshot()
  await steal(log.instance, 1n, 1)
  const [second] = await record(1)
  await expect(recorder.flush()).rejects.toThrow(BatchForkError)
  await chain.client.revert({ id })
  await recorder.flush()
  const receipt = await recorder.receiptOf(second)
  expect(receipt).toMatchObject({ log, inferenceId: second!.inferenceId })
  await recorder.shutdown()
})

test('behavior: a copied journal, as of a machine’s image: both go on, and all is settled once', async () => {
  const directory = await session.directory()
  const copy = await session.directory()
  const one = await recording({ journal: fileJournal({ directory }) })
  await one.record(1)
  await one.recorder.flush()
  await one.recorder.shutdown()
  await cp(directory, copy, { recursive: true })
  const both = [
    await recording({ journal: fileJournal({ directory }) }),
    await recording({ journal: fileJournal({ directory: copy }) }),
  ]
  const recorded: RecordedInference[][] = []
  for (const { record, recorder } of both) {
    recorded.push(await record(2))
    await recorder.flush().catch(() => undefined)
    await recorder.flush()
  }
  const receipts = await Promise.all(
    both.flatMap(({ recorder }, i) => recorded[i]!.map((it) => recorder.receiptOf(it))),
  )
  await expectVerified(receipts)
  expect(new Set(receipts.map((it) => it?.inferenceId)).size).toBe(4)
  for (const { recorder } of both) await recorder.shutdown()
})

describe('reissue', () => {
  const place = () => ({
    ...{ chainId: session.chain.chainId, inferenceLog: session.chain.addresses.inferenceLog },
    ...{ owner: session.owner, sessionKey: session.sessionAccount.address },
  })
  const open = () => {
    const journal = memoryJournal()(place())
    return { journal, ledger: openLedger(place(), journal) }
  }

  async function stolenWith(count: number) {
    const { journal, ledger } = open()
    for (let i = 0; i < count; i++) {
      const draft = { modelId: zeroHash, environmentId: zeroHash, servedAt: BigInt(i) }
      ledger.add({ ...draft, standard: {}, extensions: [] })
    }
    journal.addProgress({ stolen: 2n })
    await journal.sync()
    return journal
  }

  /** Records into a journal, and fails after some. */
  const takeInto =
    ({ journal, ledger }: ReturnType<typeof open>, most = Infinity) =>
    async (draft: Parameters<Parameters<typeof reissue>[0]['take']>[0]) => {
      if (most-- <= 0) return undefined
      const entry = ledger.add(draft)
      await journal.sync()
      return entry
    }

  async function timesIn({ journal }: ReturnType<typeof open>): Promise<number[]> {
    const times: number[] = []
    for await (const group of journal.inferences(0n, Number(journal.state.next))) {
      times.push(...group.map(({ servedAt }) => Number(servedAt)))
    }
    return times
  }

  test('behavior: cut short at each place and taken up again: each once, in order', async () => {
    for (let cut = 0; cut <= 5; cut++) {
      const stolen = await stolenWith(7)
      const own = open()
      const options = { stolen, own: () => own.journal, free: () => [] }
      const first = reissue({ ...options, take: takeInto(own, cut) })
      if (cut < 5) await expect(first).rejects.toThrow('could not hand on')
      else await first
      await reissue({ ...options, take: takeInto(own) })
      expect(await timesIn(own), `cut after ${cut}`).toEqual([2, 3, 4, 5, 6])
      expect(await reissue({ ...options, take: takeInto(own) })).toBe(0)
    }
  })

  test('behavior: begun by a process that is gone: its journal says how far, and while another holds that, nothing is done', async () => {
    const stolen = await stolenWith(6)
    const gone = open()
    await reissue({
      stolen,
      own: () => gone.journal,
      free: () => [],
      take: takeInto(gone, 3),
    }).catch(() => undefined)
    const own = open()
    const held = { stolen, own: () => own.journal, take: takeInto(own) }
    expect(await reissue({ ...held, free: () => [] })).toBe(0)
    expect(await timesIn(own).catch(() => [])).toEqual([])
    const kept = { ...gone.journal, close: () => Promise.resolve() }
    expect(await reissue({ ...held, free: () => [kept] })).toBe(1)
    expect([await timesIn(gone), await timesIn(own)]).toEqual([[2, 3, 4], [5]])
  })
})
