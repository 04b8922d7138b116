import { direct, fileJournal, type SettledBatch, type SignedBatch, verifyReceipt } from '@assay/sdk'
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
  // Only the first batch of an hour is compared, and its second inference is an hour ahead.
  await expect.poll(() => errors).toMatchObject([{ name: 'ClockAheadError' }])
  expect(String(errors[0])).toMatch(/ahead of the chain's.*Receipts of an inference of/s)
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

test('behavior: a clock that is right, or slow, or not too fast, is not complained of', async () => {
  for (const shift of [0, -hour, 4 * 60_000]) {
    shiftClock(shift)
    const errors: unknown[] = []
    let asked = 0
    const recorder = await session.recorder({
      onError: (error) => errors.push(error),
      submit: counted(() => asked++),
    })
    for (let i = 0; i < 3; i++) {
      await recorder.record({ request: String(i), response: 'a' })
      await recorder.flush()
    }
    await recorder.shutdown()
    expect([errors, asked]).toEqual([[], 1])
  }
})

test.each([
  ['gives no answer', () => new Promise<never>(() => undefined)],
  ['fails', () => Promise.reject(new TypeError('no network'))],
  ['throws', () => fail()],
  ['does not know', () => Promise.resolve(undefined)],
])('behavior: a chain that %s when asked holds up nothing', async (_, settledAt) => {
  const errors: unknown[] = []
  shiftClock(hour)
  const recorder = await session.recorder({
    onError: (error) => errors.push(error),
    submit: Object.assign(() => Promise.resolve({ transactionHash: undefined }), { settledAt }),
  })
  await recorder.record({ request: 'q', response: 'a' })
  const start = performance.now()
  await recorder.flush()
  await recorder.shutdown()
  expect(performance.now() - start).toBeLessThan(1_500)
  expect(errors).toEqual([])
})

function fail(): never {
  throw new TypeError('no chain')
}

/** The way in which recorders settle by default, and how often it is asked for times. */
function counted(onAsked: () => void) {
  const { chain, sessionAccount } = session
  const { chainId, rpcUrl } = chain
  const way = direct({ chainId, rpcUrl, account: sessionAccount, timeoutMillis: 10_000 })
  return Object.assign((signed: SignedBatch) => way(signed), {
    settledAt(settled: SettledBatch) {
      onAsked()
      return way.settledAt?.(settled) ?? fail()
    },
  })
}

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
