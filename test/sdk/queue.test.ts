import type { InferenceDroppedError } from '@assay/sdk'
import {
  fileJournal,
  type Journal,
  JournalError,
  memoryJournal,
  type OpenJournal,
} from '@assay/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Session, startSession } from './support/session.ts'

let session: Session
const unhandled: unknown[] = []
const note = (error: unknown) => void unhandled.push(error)
beforeAll(async () => {
  session = await startSession()
  process.on('unhandledRejection', note)
})
afterEach(() => {
  expect(unhandled).toEqual([])
})
afterAll(async () => {
  process.off('unhandledRejection', note)
  await session.stop()
})

const exchange = { request: 'q', response: 'a' }
const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** A journal whose disk gives no answer until it is told to. */
function hanging(inner: Journal) {
  let answer: () => void = () => undefined
  let gate: Promise<void> | undefined
  const journal: Journal = (place) => {
    const open = inner(place)
    return { ...open, sync: () => (gate ?? Promise.resolve()).then(() => open.sync()) }
  }
  return {
    journal,
    hang: () => void (gate = new Promise((resolve) => (answer = resolve))),
    goOn: () => {
      gate = undefined
      answer()
    },
  }
}

const countOf = (error: unknown) =>
  Number(/^\d+/.exec((error as InferenceDroppedError).shortMessage)?.[0] ?? 1)

describe('a disk that gives no answer', () => {
  test('behavior: the oldest wait, the newest are dropped and told, once a second at most', async () => {
    const directory = await session.directory()
    const { journal, hang, goOn } = hanging(fileJournal({ directory }))
    const drops: { at: number; count: number }[] = []
    const errors: unknown[] = []
    const recorder = await session.recorder({
      journal,
      maxQueueSize: 10,
      exportTimeoutMillis: 1_000,
      onError: (error) => errors.push(error),
      onDrop: (error) => drops.push({ at: performance.now(), count: countOf(error) }),
    })
    await recorder.record(exchange)
    hang()
    const start = performance.now()
    const waiting = Array.from({ length: 10 }, (_, i) =>
      recorder.record({ ...exchange, request: `kept ${i}` }),
    )
    // Of what comes now, nothing fits. It is told at once, and what follows in one call a second.
    for (let i = 0; i < 25; i++) {
      const before = performance.now()
      expect(await recorder.record({ ...exchange, request: `dropped ${i}` })).toBeUndefined()
      expect(performance.now() - before).toBeLessThan(90)
      if (i === 0) expect(drops.map(({ count }) => count)).toEqual([1])
      await pause(100)
    }
    // Those who wait are told after about a second.
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 10 }, () => undefined))
    expect(errors.some((error) => String(error).includes('gives no answer'))).toBe(true)
    await expect(recorder.flush()).rejects.toThrow('gives no answer')
    expect(performance.now() - start).toBeLessThan(6_000)
    expect(recorder.status()).toMatchObject({ recorded: 1, dropped: 25 })
    expect(drops.reduce((sum, { count }) => sum + count, 0)).toBe(25)
    expect(drops.length).toBeLessThanOrEqual(5)
    for (const [i, { at }] of drops.slice(1, -1).entries()) {
      expect(at - (drops[i]?.at ?? 0)).toBeGreaterThan(950)
    }

    goOn()
    await expect.poll(() => recorder.status().recorded).toBe(11)
    expect(await recorder.record(exchange)).toMatchObject({ sequence: 11n })
    await recorder.flush()
    expect(recorder.status()).toMatchObject({ recorded: 12, dropped: 25, settled: 12, pending: 0 })
  })

  test('behavior: holds up nobody who ends; what it had not taken is counted and told', async () => {
    const { journal, hang, goOn } = hanging(memoryJournal())
    const drops: number[] = []
    const recorder = await session.recorder({
      journal,
      exportTimeoutMillis: 2_000,
      onError: () => undefined,
      onDrop: (error) => drops.push(countOf(error)),
    })
    await recorder.record(exchange)
    hang()
    const lost = Array.from({ length: 5 }, () => recorder.record(exchange))
    const start = performance.now()
    // One that comes shortly before the end, so that the others would be told a second later.
    setTimeout(() => void recorder.record(exchange), 2_500)
    await recorder.shutdown()
    expect(performance.now() - start).toBeLessThan(3_300)
    expect(await Promise.all(lost)).toEqual(Array.from({ length: 5 }, () => undefined))
    expect(recorder.status()).toMatchObject({ recorded: 1, dropped: 6 })
    expect(drops).toEqual([1, 5])
    expect(await recorder.record(exchange)).toBeUndefined()
    goOn()
    await pause(50)
    expect(recorder.status()).toMatchObject({ recorded: 1, dropped: 7 })
  })

  test('behavior: drops that wait to be told are told when the recorder ends', async () => {
    const drops: number[] = []
    const recorder = await session.recorder({
      maxQueueSize: 1,
      onDrop: (error) => drops.push(countOf(error)),
    })
    await Promise.all(Array.from({ length: 6 }, () => recorder.record(exchange)))
    expect(drops).toEqual([1])
    await recorder.shutdown()
    expect(drops).toEqual([1, 4])
    expect(recorder.status().dropped).toBe(5)
  })

  test('behavior: a settlement that others have written down is told all the same', async () => {
    let hasFailed = false
    const journal: Journal = (place) => {
      const open = memoryJournal()(place)
      let isSettling = false
      return {
        ...open,
        addSettled(record) {
          isSettling = true
          open.addSettled(record)
        },
        // Fails after a settlement, once; what was handed over is written by the next call.
        sync() {
          if (!isSettling || hasFailed) return open.sync()
          hasFailed = true
          return Promise.reject(new Error('full'))
        },
      }
    }
    const recorder = await session.recorder({
      journal,
      scheduledDelayMillis: 200,
      onError: () => undefined,
    })
    const recorded = await recorder.record(exchange)
    const receipt = recorder.receiptOf(recorded, { timeoutMillis: 5_000 })
    await expect.poll(() => hasFailed).toBe(true)
    await recorder.record(exchange)
    expect((await receipt)?.inferenceId).toBe(recorded?.inferenceId)
    await recorder.flush()
    expect(recorder.status()).toMatchObject({ settled: 2, pending: 0 })
  })
})

describe('a journal that breaks its promises', () => {
  const fail = () => {
    throw new RangeError('mine')
  }
  const reject = () => Promise.reject(new RangeError('mine'))
  const nothing = () => undefined
  const adds = ['addInference', 'addSigned', 'addSettled', 'addProgress'] as const
  const cases = adds.flatMap((method) => [
    { method, how: 'throws', does: fail },
    { method, how: 'rejects', does: reject },
    { method, how: 'does nothing', does: nothing },
  ])

  test.each(cases)(
    'behavior: $method $how: is told, and nothing counts as kept that is not',
    async ({ method, does }) => {
      const errors: unknown[] = []
      let open: OpenJournal | undefined
      const journal: Journal = (place) => {
        open = memoryJournal()(place)
        return { ...open, [method]: does }
      }
      const recorder = await session.recorder({
        journal,
        exportTimeoutMillis: 400,
        scheduledDelayMillis: 20,
        onError: (error) => errors.push(error),
        onReceipt: () => undefined,
        fetch: () => Promise.resolve(Response.json({ id: 'x' })),
      })
      const sent = await recorder.fetch('http://localhost/v1/embeddings', {
        method: 'POST',
        body: '{}',
      })
      expect(await sent.json()).toEqual({ id: 'x' })
      const recorded = await recorder.record(exchange)
      if (method === 'addInference') expect(recorded).toBeUndefined()
      await recorder.flush().catch((error: unknown) => errors.push(error))
      await recorder.shutdown()
      // A journal that removes nothing need not note how far receipts were handed out.
      if (method !== 'addProgress' || does !== nothing) expect(errors.length).toBeGreaterThan(0)
      const { recorded: count, dropped } = recorder.status()
      expect(count + dropped).toBe(2)
      expect(BigInt(count)).toBeLessThanOrEqual(open?.state.next ?? 0n)
    },
  )

  test('behavior: one that is opened by a promise is told, whatever becomes of it', async () => {
    const errors: unknown[] = []
    const recorder = await session.recorder({
      journal: (() => reject()) as unknown as Journal,
      exportTimeoutMillis: 100,
      onError: (error) => errors.push(error),
    })
    expect(await recorder.record(exchange)).toBeUndefined()
    expect(errors[0]).toBeInstanceOf(JournalError)
    await recorder.shutdown()
    expect(recorder.status()).toMatchObject({ recorded: 0, dropped: 1 })
  })
})
