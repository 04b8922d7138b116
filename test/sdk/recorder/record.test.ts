import {
  InferenceDroppedError,
  InvalidConfigError,
  memoryJournal,
  type Recorder,
  SettlementTimeoutError,
  verifyReceipt,
} from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Session, startSession } from '../support/session.ts'

let session: Session
let recorder: Recorder
beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
})
afterAll(() => session.stop())

describe('recorder.record', () => {
  test('error: InvalidInputError, InvalidConfigError', async () => {
    const exchange = { request: 'q', response: 'a' }
    await expect(recorder.record({ ...exchange, servedAt: -1 })).rejects.toThrow(
      '`servedAt` must be',
    )
    await expect(recorder.record({ ...exchange, modelId: '0x12' })).rejects.toThrow(
      InvalidConfigError,
    )
    const eight = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x${i}`, 'x']))
    await expect(recorder.record({ ...exchange, extensions: eight })).rejects.toThrow('7 at most')
    await expect(recorder.record({ ...exchange, extensions: { outcome: 'x' } })).rejects.toThrow(
      'standard field',
    )
  })

  test('behavior: what does not fit into the queue is dropped and told', async () => {
    const dropped: unknown[] = []
    const small = await session.recorder({
      maxQueueSize: 2,
      onDrop: (error) => dropped.push(error),
    })
    await small.record({ request: 'q', response: 'a' })
    const all = await Promise.all(
      Array.from({ length: 5 }, () => small.record({ request: 'q', response: 'a' })),
    )
    expect(all.filter((it) => it !== undefined)).toHaveLength(2)
    // Those that follow the first within a second are told in one call.
    await expect.poll(() => dropped.length, { timeout: 3_000 }).toBe(2)
    expect(dropped[0]).toBeInstanceOf(InferenceDroppedError)
    expect((dropped[1] as Error).message).toContain('2 inferences were not recorded')
    expect(small.status()).toMatchObject({ recorded: 3, dropped: 3 })
  })

  test('behavior: a time after the settlement is refuted', async () => {
    const recorded = await recorder.record({
      request: 'q',
      response: 'a',
      servedAt: Date.now() + 86_400_000,
    })
    const receipt = await recorder.receiptOf(recorded)
    const { policy, chain } = session
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status).toBe('refuted')
    expect(report.checks.find(({ name }) => name === 'time')?.status).toBe('refuted')
  })

  test('error: SettlementTimeoutError', async () => {
    const stuck = await session.recorder({
      journal: memoryJournal(),
      submit: () => new Promise(() => {}),
      exportTimeoutMillis: 200,
    })
    const recorded = await stuck.record({ request: 'q', response: 'a' })
    await expect(stuck.receiptOf(recorded, { timeoutMillis: 50 })).rejects.toThrow(
      SettlementTimeoutError,
    )
  })

  test('behavior: whoever waits for ever waits', async () => {
    let settle: () => void = () => undefined
    const settled = new Promise<void>((resolve) => (settle = resolve))
    const slow = await session.recorder({
      journal: memoryJournal(),
      submit: () => settled.then(() => ({ transactionHash: undefined })),
    })
    const recorded = await slow.record({ request: 'q', response: 'a' })
    const receipt = slow.receiptOf(recorded, { timeoutMillis: Infinity })
    setTimeout(settle, 100)
    expect(await receipt).toMatchObject({ inferenceId: recorded?.inferenceId })
  })
})
