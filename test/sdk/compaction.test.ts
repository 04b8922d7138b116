import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, type InferenceReceipt, type RecorderOptions, verifyReceipt } from '@assay/sdk'
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

test.each([
  ['throws', () => fail()],
  ['rejects', () => Promise.reject(new Error('mine'))],
])('behavior: an onReceipt that %s keeps the files, and is told', async (_, onReceipt) => {
  const directory = await session.directory()
  const errors: unknown[] = []
  const recorder = await compacting(directory, {
    onReceipt,
    onError: (error) => errors.push(error),
  })
  await fill(recorder)
  await expect.poll(() => errors.length).toBe(8)
  expect(errors.map(String)).toContain('Error: mine')
  expect(await segments(directory)).toContain(0)
})

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
