import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, type InferenceReceipt, type RecorderOptions, verifyReceipt } from '@assay/sdk'
import type { Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScript } from '../support/run-script.ts'
import { type Session, startSession } from './support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const exchange = { request: 'q', response: 'a' }

/** Numbers of the files of the only journal there is. */
async function segments(directory: string): Promise<number[]> {
  const [folder] = (await readdir(directory)) as [string]
  const names = await readdir(join(directory, folder))
  return names.filter((name) => name.endsWith('.journal')).map((name) => Number.parseInt(name, 10))
}

/** A recorder whose journal begins a file for about every fifth inference. */
async function compacting(directory: string, options: RecorderOptions) {
  return session.recorder({
    journal: fileJournal({ directory, compact: true, segmentBytes: 2_000 }),
    finalityPollMillis: 50,
    onError: () => undefined,
    ...options,
  })
}

/** Records some, and settles each of them as a batch of its own. */
async function fill(recorder: Awaited<ReturnType<typeof compacting>>, count = 8): Promise<void> {
  for (let i = 0; i < count; i++) {
    await recorder.record({ ...exchange, request: String(i) })
    await recorder.flush()
  }
}

async function expectVerified(receipts: readonly InferenceReceipt[]): Promise<void> {
  const { policy, chain } = session
  for (const receipt of receipts) {
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status).toBe('verified')
  }
}

test('default: files go once all in them is final and its receipts are taken, which hold on', async () => {
  const directory = await session.directory()
  const receipts: InferenceReceipt[] = []
  const recorder = await compacting(directory, { onReceipt: (it) => receipts.push(it) })
  await fill(recorder)
  await expect.poll(() => segments(directory)).not.toContain(0)
  await expect.poll(() => receipts.length).toBe(8)
  await expectVerified(receipts)
  expect(await recorder.receiptOf(await recorder.record(exchange))).toBeDefined()
})

test('behavior: files stay until their batches are final', async () => {
  const directory = await session.directory()
  let isFinal = false
  const settled = () => Promise.resolve({ transactionHash: undefined })
  const submit = Object.assign(settled, { isFinal: () => Promise.resolve(isFinal) })
  const taken: InferenceReceipt[] = []
  const recorder = await compacting(directory, { submit, onReceipt: (it) => taken.push(it) })
  await fill(recorder)
  await expect.poll(() => taken.length).toBe(8)
  expect(await segments(directory)).toContain(0)
  isFinal = true
  await fill(recorder, 1)
  await expect.poll(() => segments(directory)).not.toContain(0)
})

test('behavior: files stay until onReceipt has resolved', async () => {
  const directory = await session.directory()
  let resolve: () => void = () => undefined
  const stored = new Promise<void>((done) => (resolve = done))
  const recorder = await compacting(directory, { onReceipt: () => stored })
  await fill(recorder)
  await new Promise((done) => setTimeout(done, 300))
  expect(await segments(directory)).toContain(0)
  resolve()
  await expect.poll(() => segments(directory)).not.toContain(0)
})

const numbersIn = (receipts: readonly InferenceReceipt[]) =>
  receipts.map(({ inference }) => Number(inference.sequence))

test.each([
  ['throws', () => fail()],
  ['rejects', () => Promise.reject(new Error('mine'))],
])(
  'behavior: an onReceipt that %s keeps the files, is told, and is offered the receipts again',
  async (_, refuse) => {
    const directory = await session.directory()
    const errors: unknown[] = []
    const taken: InferenceReceipt[] = []
    let isDown = true
    const recorder = await compacting(directory, {
      onReceipt: (receipt) => (isDown ? refuse() : void taken.push(receipt)),
      onError: (error) => errors.push(error),
    })
    await fill(recorder)
    await expect.poll(() => errors.length).toBeGreaterThanOrEqual(8)
    expect(errors.map(String)).toContain('Error: mine')
    expect(await segments(directory)).toContain(0)
    isDown = false
    await expect.poll(() => taken.length, { timeout: 10_000 }).toBe(8)
    expect(numbersIn(taken).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    await expect.poll(() => segments(directory)).not.toContain(0)
  },
)

test('behavior: one that is never taken holds up no other, and files behind it stay', async () => {
  const directory = await session.directory()
  const taken: InferenceReceipt[] = []
  const recorder = await compacting(directory, {
    onReceipt: (receipt) =>
      receipt.inference.sequence === '3' ? fail() : void taken.push(receipt),
  })
  await fill(recorder, 30)
  await expect.poll(() => taken.length).toBe(29)
  await expect.poll(() => segments(directory)).not.toContain(0)
  const kept = await segments(directory)
  expect(kept.length).toBeGreaterThan(3)
  // It is in the first that is left.
  expect((await recorder.receiptOf(await idAt(directory, 3)))?.inference.sequence).toBe('3')
})

test('behavior: what was not taken is offered by the next run', async () => {
  const directory = await session.directory()
  const first = await compacting(directory, {
    onReceipt: ({ inference }) => (Number(inference.sequence) > 4 ? fail() : undefined),
  })
  await fill(first)
  await first.shutdown()
  const taken: InferenceReceipt[] = []
  await compacting(directory, { onReceipt: (receipt) => taken.push(receipt) })
  await expect.poll(() => taken.length).toBe(3)
  expect(numbersIn(taken)).toEqual([5, 6, 7])
  await expect.poll(() => segments(directory)).not.toContain(0)
})

test('behavior: what is settled when it is shut down has been handed out by then', async () => {
  const directory = await session.directory()
  const taken: InferenceReceipt[] = []
  const errors: unknown[] = []
  const recorder = await compacting(directory, {
    async onReceipt(receipt) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      taken.push(receipt)
    },
    onError: (error) => errors.push(error),
  })
  for (let i = 0; i < 8; i++) await recorder.record({ ...exchange, request: String(i) })
  await recorder.shutdown()
  expect(numbersIn(taken)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(errors).toEqual([])
})

test('behavior: an onReceipt that never comes back holds up an end no longer than a settlement may take', async () => {
  const directory = await session.directory()
  const recorder = await compacting(directory, {
    onReceipt: () => new Promise(() => undefined),
    exportTimeoutMillis: 1_000,
  })
  await fill(recorder, 2)
  const start = performance.now()
  await recorder.shutdown()
  expect(performance.now() - start).toBeLessThan(4_000)
  const taken: InferenceReceipt[] = []
  await compacting(directory, { onReceipt: (receipt) => taken.push(receipt) })
  await expect.poll(() => taken.length).toBe(2)
})

/** The id of an inference of the only journal there is, which a recorder holds. */
async function idAt(directory: string, sequence: number): Promise<Hex> {
  const receipts: InferenceReceipt[] = []
  const copy = await session.directory()
  await cp(directory, copy, { recursive: true })
  const [folder] = (await readdir(copy)) as [string]
  for (const name of await readdir(join(copy, folder))) {
    if (name.startsWith('lock')) await rm(join(copy, folder, name))
  }
  const recorder = await session.recorder({
    journal: fileJournal({ directory: copy }),
    onReceipt: (receipt) => receipts.push(receipt),
  })
  await expect.poll(() => numbersIn(receipts)).toContain(sequence)
  await recorder.shutdown()
  const found = receipts.find(({ inference }) => inference.sequence === String(sequence))
  return found?.inferenceId as Hex
}

function fail(): never {
  throw new Error('mine')
}

test('behavior: without onReceipt nothing is removed', async () => {
  const directory = await session.directory()
  const recorder = await compacting(directory, {})
  await fill(recorder)
  await new Promise((done) => setTimeout(done, 300))
  expect((await segments(directory)).length).toBeGreaterThan(1)
  expect(await segments(directory)).toContain(0)
})

/** Runs a process that records, to its end. @returns What it acknowledged. */
async function run(directory: string, args: string[]): Promise<string[]> {
  const { chain, owner, sessionKey } = session
  const { stdout } = await runScript('test/sdk/support/receiving-process.ts', args, {
    ASSAY_CHAIN_ID: String(chain.chainId),
    ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
    ASSAY_OWNER: owner,
    ASSAY_SESSION_KEY: sessionKey,
    ASSAY_RPC_URL: chain.rpcUrl,
    ASSAY_JOURNAL: directory,
  })
  return stdout.split('\n').filter((line) => line.startsWith('0x'))
}

test('behavior: who dies between a settlement and onReceipt leaves the receipts to the next run', async () => {
  const directory = await session.directory()
  const ids = await run(directory, ['die', '5'])
  expect(ids).toHaveLength(5)
  const receipts: InferenceReceipt[] = []
  const recorder = await compacting(directory, { onReceipt: (it) => receipts.push(it) })
  await expect.poll(() => receipts.length, { timeout: 5_000 }).toBe(5)
  expect(receipts.map(({ inferenceId }) => inferenceId).sort()).toEqual(ids.sort())
  await expectVerified(receipts)
  await recorder.shutdown()
})

test('behavior: also where the next run has a journal of its own', async () => {
  const directory = await session.directory()
  const ids = await run(directory, ['die', '5'])
  const [dead] = (await readdir(directory)) as [string]
  const receipts: InferenceReceipt[] = []
  const journal = fileJournal({ directory })
  // As if that one had been held at first.
  const own = fileJournal({ directory: await session.directory() })
  await session.recorder({
    journal: Object.assign((place: Parameters<typeof own>[0]) => own(place), {
      abandoned: journal.abandoned,
    }),
    onReceipt: (it) => receipts.push(it),
  })
  await expect.poll(() => receipts.length, { timeout: 5_000 }).toBe(5)
  expect(receipts.map(({ inferenceId }) => inferenceId).sort()).toEqual(ids.sort())
  expect(receipts[0]?.log.instance.slice(2, 18)).toBe(dead)
})

const rounds = process.env.ASSAY_TEST_LONG === '1' ? 200 : 20

test(`behavior: two processes that begin at the same moment, ${rounds} times: two journals, nothing in both`, async () => {
  const root = await session.directory()
  const directories = Array.from({ length: rounds }, (_, i) => join(root, String(i)))
  const at = String(Date.now() + 2_500)
  const acknowledged = await Promise.all(
    [1, 2].map(() => run(root, ['meet', '3', at, ...directories])),
  )
  expect(new Set(acknowledged.flat()).size).toBe(2 * 3 * rounds)
  const { chain, owner, sessionAccount } = session
  const { inferenceLog } = chain.addresses
  const place = { chainId: chain.chainId, inferenceLog, owner, sessionKey: sessionAccount.address }
  for (const directory of directories) {
    const journals = (await readdir(directory)).map(() => fileJournal({ directory })(place))
    expect(new Set(journals.map(({ instance }) => instance)).size).toBe(2)
    for (const journal of journals) {
      expect(journal.state).toMatchObject({ next: 3n, settled: 3n })
      await journal.close()
    }
  }
})
