import { fileJournal, verifyReceipt } from '@assay/sdk'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Session, startSession } from './support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterEach(() => {
  vi.restoreAllMocks()
})
afterAll(() => session.stop())

const hour = 3_600_000
const now = Date.now

/** Moves this machine's clock against all others. */
function shiftClock(millis: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => now() + millis)
}

test('behavior: a clock that jumps disturbs nothing; what it says is judged, and nothing else', async () => {
  const directory = await session.directory()
  const errors: unknown[] = []
  const recorder = await session.recorder({
    journal: fileJournal({ directory }),
    onError: (error) => errors.push(error),
  })
  const recorded = []
  for (const [i, shift] of [0, hour, 0, -hour, hour, -hour, 0].entries()) {
    shiftClock(shift)
    const start = performance.now()
    const inference = await recorder.record({ request: `${i}`, response: 'a' })
    expect(performance.now() - start).toBeLessThan(900)
    expect(inference?.sequence).toBe(BigInt(i))
    recorded.push({ inference, shift })
    // Some share a batch, some don't.
    if (i % 3 === 2) await recorder.flush()
    // A block without anything of ours.
    await session.chain.client.mine({ blocks: 1 })
  }
  await recorder.flush()
  expect(errors).toEqual([])
  expect(recorder.status()).toMatchObject({ recorded: 7, settled: 7, pending: 0, dropped: 0 })
  for (const { inference, shift } of recorded) {
    const receipt = await recorder.receiptOf(inference)
    const { policy, chain } = session
    const { checks, status } = await verifyReceipt(receipt, { policy, client: chain.client })
    const refuted = checks.filter((check) => check.status === 'refuted')
    // Only a time after the settlement is impossible; it is said to be that.
    expect(refuted.map(({ name }) => name)).toEqual(shift > 0 ? ['time'] : [])
    expect(status).toBe(shift > 0 ? 'refuted' : 'verified')
  }
})

test.each([
  ['forth', hour],
  ['back', -hour],
])(
  'behavior: %s, while the disk is gone: those who wait are told after a second',
  async (_, shift) => {
    let isGone = false
    const directory = await session.directory()
    const inner = fileJournal({ directory })
    const recorder = await session.recorder({
      journal: (place) => {
        const open = inner(place)
        return { ...open, sync: () => (isGone ? Promise.reject(new Error('gone')) : open.sync()) }
      },
      onError: () => undefined,
    })
    await recorder.record({ request: 'q', response: 'a' })
    isGone = true
    const start = performance.now()
    const waiting = recorder.record({ request: 'q', response: 'a' })
    setTimeout(() => shiftClock(shift), 200)
    expect(await waiting).toBeUndefined()
    const millis = performance.now() - start
    expect(millis).toBeGreaterThan(900)
    expect(millis).toBeLessThan(2_500)
    isGone = false
    await expect.poll(() => recorder.status().recorded, { timeout: 5_000 }).toBe(2)
  },
)
