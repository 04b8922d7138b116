/** Batches inline and external: chosen by size and fee, with the data where the settlement says it is. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BatchDataNotStoredError,
  fileJournal,
  InvalidConfigError,
  type ModeChoice,
  type RecorderOptions,
  verifyReceipt,
} from '@assay/sdk'
import { decodeBatchData } from '@assay/sdk/formats'
import { type BatchStore, BatchStoreError, fileStore } from '@assay/sdk/stores'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chooseMode, type ModeRules } from '../../../sdk/src/settle/batch-mode.ts'
import { type Session, startSession } from '../support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const publicUrl = 'https://data.example/batches'

async function recording(options: RecorderOptions = {}) {
  const errors: Error[] = []
  const choices: ModeChoice[] = []
  const directory = await session.directory()
  const recorder = await session.recorder({
    store: fileStore({ directory, publicUrl }),
    onBatchMode: (choice) => choices.push(choice),
    onError: (error) => errors.push(error as Error),
    ...options,
  })
  return { recorder, directory, errors, choices }
}

/** Records some at once and settles them. */
async function settleSome({ recorder }: Awaited<ReturnType<typeof recording>>, count = 3) {
  const some = Array.from({ length: count }, (_, i) =>
    recorder.record({ request: `q${i}`, response: 'a' }),
  )
  const recorded = await Promise.all(some)
  await recorder.flush()
  return Promise.all(recorded.map(async (it) => (await recorder.receiptOf(it))!))
}

describe('external', () => {
  test('default: the digest is on chain, the data in the store, and receipts hold', async () => {
    const made = await recording({ mode: 'external' })
    const receipts = await settleSome(made)
    const { policy, chain } = session
    for (const receipt of receipts) {
      const report = await verifyReceipt(receipt, { policy, client: chain.client })
      expect(report.status, JSON.stringify(report.checks)).toBe('verified')
    }
    const [{ batch, hints }] = receipts as [(typeof receipts)[0]]
    expect(batch).toMatchObject({ mode: 'external', count: '3' })
    expect(hints.uri).toMatch(`${publicUrl}/`)
    const name = hints.uri!.slice(publicUrl.length + 1)
    const data = await readFile(join(made.directory, name))
    const records = decodeBatchData(data)
    expect(records.map((it) => it.commitment)).toEqual(
      receipts.map(({ inference }) => inference.commitment),
    )
    expect(made.choices).toEqual([
      expect.objectContaining({ mode: 'external', count: 3, reason: 'asked for' }),
    ])
    expect(made.errors).toEqual([])
  })

  test('behavior: while the store fails nothing is signed and nothing lost', async () => {
    const directory = await session.directory()
    const real = fileStore({ directory, publicUrl })
    let isDown = true
    const store: BatchStore = {
      put: (data, digest) =>
        isDown
          ? Promise.reject(new BatchStoreError('unavailable', 'memory', 'is down'))
          : real.put(data, digest),
    }
    const made = await recording({ mode: 'external', store, scheduledDelayMillis: 100_000 })
    const recorded = await made.recorder.record({ request: 'q', response: 'a' })
    await expect(made.recorder.flush()).rejects.toThrow(BatchStoreError)
    expect(made.recorder.status().pending).toBe(1)
    isDown = false
    await made.recorder.flush()
    const receipt = await made.recorder.receiptOf(recorded)
    expect(receipt?.batch.mode).toBe('external')
  })

  test('behavior: signed while there was a store, and settled without one: told, with no address', async () => {
    const directory = await session.directory()
    const journal = fileJournal({ directory })
    const first = await recording({
      journal,
      mode: 'external',
      submit: () => Promise.reject(new Error('later')),
    })
    const recorded = await first.recorder.record({ request: 'q', response: 'a' })
    await expect(first.recorder.flush()).rejects.toThrow('later')
    await first.recorder.shutdown()
    const second = await recording({ journal, store: undefined })
    await second.recorder.flush()
    const receipt = await second.recorder.receiptOf(recorded!.inferenceId)
    expect(receipt).toMatchObject({ batch: { mode: 'external' } })
    expect(receipt?.hints.uri).toBeUndefined()
    expect(second.errors).toEqual([expect.any(BatchDataNotStoredError)])
  })

  test('error: InvalidConfigError without a store, or for another mode', async () => {
    await expect(recording({ mode: 'external', store: undefined })).rejects.toThrow(
      '`mode` is external, and there is no `store` for the data',
    )
    await expect(recording({ mode: 'outline' as never })).rejects.toThrow(InvalidConfigError)
  })

  test.each([-1n, 5, '1'])('error: InvalidConfigError for a fee of %s', async (maxInlineFee) => {
    await expect(recording({ maxInlineFee: maxInlineFee as never })).rejects.toThrow(
      '`maxInlineFee` must be a bigint of wei',
    )
  })

  test.each([{ confirmations: 0 }, { confirmations: 1.5 }, {}, null, 'safe'])(
    'error: InvalidConfigError for a finality of %j',
    async (finality) => {
      await expect(recording({ finality: finality as never })).rejects.toThrow(
        '`finality` must be `finalized`, or whole `confirmations` from 1',
      )
    },
  )
})

describe('auto', () => {
  test('behavior: inline below the fee that is accepted, external above it', async () => {
    const cheap = await recording({ maxInlineFee: 10n ** 18n })
    expect((await settleSome(cheap))[0]?.batch.mode).toBe('inline')
    const dear = await recording({ maxInlineFee: 0n })
    // Few are cheaper inline, whatever the fee: the mode that costs less is taken.
    expect((await settleSome(dear))[0]?.batch.mode).toBe('external')
    const [choice] = dear.choices
    expect(choice?.inlineFee).toBe(BigInt(choice!.inlineGas) * choice!.gasPrice!)
    expect(choice?.reason).toMatch(/^\d+ gas at \d+ wei are \d+ wei, above 0$/)
  })

  test('behavior: while the store fails, inline, and that is told', async () => {
    const failure = new BatchStoreError('refused', 'memory', 'refuses')
    const made = await recording({
      maxInlineFee: 0n,
      store: { put: () => Promise.reject(failure) },
    })
    const receipts = await settleSome(made, 100)
    expect(receipts[0]?.batch.mode).toBe('inline')
    expect(made.errors).toContain(failure)
    expect(made.choices.map(({ mode }) => mode)).toEqual(['external', 'inline'])
  })
})

describe('chooseMode', () => {
  const records = (count: number, models = 1) =>
    Array.from({ length: count }, (_, i) => ({
      modelId: `0x${String(i % models).padStart(64, '0')}` as const,
      environmentId: `0x${'0'.repeat(64)}` as const,
    }))
  const rules: ModeRules = {
    mode: 'auto',
    hasStore: true,
    maxInlineFee: 10n ** 14n,
    gasPrice: () => Promise.resolve(10n ** 6n),
  }

  test('behavior: what does not fit into a transaction is external, all of it', async () => {
    expect(await chooseMode(records(8_000), rules)).toMatchObject({
      mode: 'external',
      count: 8_000,
    })
    expect(await chooseMode(records(7_000), rules)).toMatchObject({ mode: 'inline', count: 7_000 })
    // Each model takes its place in the dictionary.
    expect(await chooseMode(records(6_000, 6_000), rules)).toMatchObject({ mode: 'external' })
  })

  test('behavior: without a store it is inline, as much as fits', async () => {
    const choice = await chooseMode(records(8_000), { ...rules, hasStore: false })
    expect(choice).toMatchObject({ mode: 'inline', reason: 'there is no store for its data' })
    expect(choice.count).toBeLessThan(8_000)
    expect(choice.count).toBeGreaterThan(7_000)
  })

  test('behavior: by the fee of today; unknown, it is inline', async () => {
    const dear = () => Promise.resolve(10n ** 9n)
    expect(await chooseMode(records(1_000), { ...rules, gasPrice: dear })).toMatchObject({
      mode: 'external',
      inlineGas: 2_371_920,
      inlineFee: 2_371_920n * 10n ** 9n,
    })
    expect(await chooseMode(records(1_000), rules)).toMatchObject({ mode: 'inline' })
    const unknown = () => Promise.resolve(undefined)
    expect(await chooseMode(records(1_000), { ...rules, gasPrice: unknown })).toMatchObject({
      mode: 'inline',
      gasPrice: undefined,
    })
  })
})
