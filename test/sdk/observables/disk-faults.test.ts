import fs from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRecorder, fileJournal } from '@assay/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type HostileServer, startHostileServer } from './server.ts'

/** Every call of the file system by which the recorder writes, reads and looks. */
const calls = [
  ...['open', 'write', 'fdatasync', 'fsync', 'read', 'close', 'rm'],
  ...['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'readFileSync', 'writeFileSync'],
  ...['readdirSync', 'mkdirSync', 'statSync', 'rmSync'],
] as const

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

type Fault = { from: number; to: number }

/** Makes the calls of a range fail. @returns How many calls there were, and what ends it. */
function failing({ from, to }: Fault) {
  let count = 0
  const fails = () => {
    const isIn = count >= from && count < to
    count++
    return isIn
  }
  const error = () => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  const spies = calls.map((name) => {
    const original = (fs as unknown as Record<string, (...args: unknown[]) => unknown>)[name] as (
      ...args: unknown[]
    ) => unknown
    return vi.spyOn(fs, name as 'open').mockImplementation((...args: unknown[]) => {
      const [path] = args
      // What the test runner itself reads is its own affair.
      const isOurs = typeof path === 'number' || String(path).includes('assay-faults-')
      if (!isOurs || !fails()) return original.apply(fs, args)
      if (name.endsWith('Sync')) throw error()
      const done = args.at(-1) as (error: Error) => void
      setImmediate(done, error())
      return undefined
    })
  })
  return {
    count: () => count,
    end() {
      for (const spy of spies) spy.mockRestore()
    },
  }
}

async function questionsThrough(fetching: typeof fetch): Promise<unknown[]> {
  const seen: unknown[] = []
  for (const question of ['one', 'two', 'three']) {
    const response = await fetching(new URL('/v1/chat/completions', server.url), {
      method: 'POST',
      body: JSON.stringify({ model: 'm', question }),
    })
    seen.push(response.status, await response.text())
  }
  return seen
}

async function run(fault: Fault): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-faults-'))
  server.play(({ response }) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: 'c-1', choices: [] }))
  })
  const rejections: unknown[] = []
  const onRejection = (error: unknown) => rejections.push(error)
  process.on('unhandledRejection', onRejection)
  const plain = await questionsThrough(fetch)
  const disk = failing(fault)
  let dropped = 0
  const recorder = createRecorder({
    chainId: 31337,
    owner: privateKeyToAccount(generatePrivateKey()).address,
    sessionKey: generatePrivateKey(),
    inferenceLog: '0x0000000000000000000000000000000000000001',
    journal: fileJournal({ directory: join(directory, 'journal'), segmentBytes: 600 }),
    submit: () => Promise.resolve({ transactionHash: undefined }),
    recordInputs: true,
    recordOutputs: true,
    scheduledDelayMillis: 10,
    exportTimeoutMillis: 400,
    onError: () => undefined,
    onDrop: () => dropped++,
    onReceipt: () => undefined,
  })
  try {
    expect(await questionsThrough(recorder.fetch)).toEqual(plain)
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    disk.end()
    if (recorded) {
      const receipt = await recorder.receiptOf(recorded, { timeoutMillis: 10_000 })
      expect(receipt?.inferenceId).toBe(recorded.inferenceId)
    }
    // It says what stops it, until the disk is tried again.
    await vi.waitFor(() => recorder.flush(), { timeout: 10_000, interval: 100 })
    const status = recorder.status()
    // Nothing is lost without a word.
    expect(status.recorded + status.dropped + status.failed).toBe(4)
    expect(dropped > 0).toBe(status.dropped > 0)
    expect(status.pending).toBe(0)
  } finally {
    disk.end()
    await recorder.shutdown()
    process.off('unhandledRejection', onRejection)
    await rm(directory, { recursive: true, force: true })
  }
  expect(rejections).toEqual([])
  return disk.count()
}

test(
  'each call of the file system fails once: calls go on, and nothing is lost without a word',
  { timeout: 60_000 },
  async () => {
    const total = await run({ from: 0, to: 0 })
    expect(total).toBeGreaterThan(30)
    for (let n = 0; n < total; n++) await run({ from: n, to: n + 1 })
  },
)

test('each begins to fail for a while', { timeout: 60_000 }, async () => {
  const total = await run({ from: 0, to: 0 })
  for (let n = 0; n < total; n += 5) await run({ from: n, to: n + 12 })
})
