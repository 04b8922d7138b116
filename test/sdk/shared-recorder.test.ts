import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createRecorder,
  fileJournal,
  type InferenceReceipt,
  memoryJournal,
  type Recorder,
  type RecorderOptions,
} from '@assay/sdk'
import { generatePrivateKey } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const exchange = { request: 'q', response: 'a' }
const sessionKey = generatePrivateKey()
const id = (digit: string) => `0x${digit.repeat(64)}`
const settled = () => Promise.resolve({ transactionHash: undefined })

let directory: string
let recorders: Recorder[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-shared-'))
  recorders = []
})
afterEach(async () => {
  await Promise.all(recorders.map((recorder) => recorder.shutdown()))
  await rm(directory, { recursive: true, force: true })
})

function recorderOf(options: RecorderOptions = {}): Recorder {
  const recorder = createRecorder({
    chainId: 31337,
    inferenceLog: '0x00000000000000000000000000000000000000aa',
    owner: '0x00000000000000000000000000000000000000bb',
    sessionKey,
    journal: fileJournal({ directory }),
    submit: settled,
    scheduledDelayMillis: 10,
    ...options,
  })
  recorders.push(recorder)
  return recorder
}

const journals = () => readdir(directory)

async function instanceOf(recorder: Recorder): Promise<string | undefined> {
  const receipt = await recorder.receiptOf(await recorder.record(exchange))
  return receipt?.log.instance
}

describe('recorders of one process', () => {
  test('default: share the journal of a directory, and find what the others recorded', async () => {
    const [first, second] = [recorderOf(), recorderOf()]
    const recorded = await first.record(exchange)
    const receipt = await second.receiptOf(recorded)
    expect(receipt?.inferenceId).toBe(recorded?.inferenceId)
    expect(await second.record(exchange)).toMatchObject({ sequence: 1n })
    expect(second.status()).toEqual(first.status())
    expect(await journals()).toHaveLength(1)
  })

  test('behavior: name the models, send and choose as each was told to', async () => {
    const sent: string[] = []
    const send = (name: string) => (): Promise<Response> => {
      sent.push(name)
      return Promise.resolve(new Response('{}'))
    }
    const [first, second] = ['1', '2'].map((name) =>
      recorderOf({ modelId: id(name), fetch: send(name), shouldRecord: () => name === '1' }),
    ) as [Recorder, Recorder]
    const [one, two] = await Promise.all([first.record(exchange), second.record(exchange)])
    expect((await second.receiptOf(one))?.inference.modelId).toBe(id('1'))
    expect((await first.receiptOf(two))?.inference.modelId).toBe(id('2'))
    for (const recorder of [first, second]) {
      await (await recorder.fetch('http://localhost/', { method: 'POST' })).text()
    }
    await first.flush()
    expect(sent).toEqual(['1', '2'])
    expect(first.status().recorded).toBe(3)
  })

  test('behavior: speak to the newest', async () => {
    const calls: string[] = []
    const told = (name: string): RecorderOptions => ({
      onError: (error) => calls.push(`${name} ${(error as Error).message}`),
      onDrop: () => calls.push(`${name} dropped`),
      onReceipt: () => calls.push(`${name} receipt`),
      submit: () => {
        calls.push(`${name} submits`)
        return calls.length < 3 ? Promise.reject(new Error('no')) : settled()
      },
      maxQueueSize: 1,
    })
    const first = recorderOf(told('old'))
    recorderOf(told('new'))
    await Promise.all([first.record(exchange), first.record(exchange)])
    const all = ['new dropped', 'new submits', 'new no', 'new submits', 'new receipt']
    await expect.poll(() => calls, { timeout: 5_000 }).toEqual(all)
  })

  test('behavior: go on until the last one is shut down', async () => {
    const [first, second] = [recorderOf(), recorderOf()]
    const instance = await instanceOf(first)
    await first.shutdown()
    await first.shutdown()
    expect(await instanceOf(second)).toBe(instance)
    await second.shutdown()
    const [folder] = await journals()
    const files = await readdir(join(directory, folder as string))
    const lock = files.find((name) => name.startsWith('lock.')) as string
    expect(await readFile(join(directory, folder as string, lock), 'utf8')).toMatch(/^-/)
    const third = recorderOf()
    expect(third.status().recorded).toBe(0)
    expect(await instanceOf(third)).toBe(instance)
  })

  test('behavior: are apart by directory, place and key, and where a journal is their own', async () => {
    const apart = [
      {},
      { journal: fileJournal({ directory: join(directory, 'below') }) },
      { owner: '0x00000000000000000000000000000000000000cc' },
      { inferenceLog: '0x00000000000000000000000000000000000000cc' },
      { chainId: 5 },
      { sessionKey: generatePrivateKey() },
      { journal: memoryJournal() },
      { journal: memoryJournal() },
    ]
    const instances = await Promise.all(apart.map((options) => instanceOf(recorderOf(options))))
    expect(new Set(instances).size).toBe(apart.length)
  })

  test('behavior: of two versions of the package share nothing', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../../sdk/package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    const instance = await instanceOf(recorderOf())
    const registry = (globalThis as Record<symbol, unknown>)[
      Symbol.for('@assay/sdk/recorders')
    ] as Map<string, unknown>
    const own = registry.get(version)
    expect(own).toBeInstanceOf(Map)
    // As if this one had been made by a version before.
    registry.delete(version)
    registry.set('0.0.1', own)
    try {
      expect(await instanceOf(recorderOf())).not.toBe(instance)
      expect(await journals()).toHaveLength(2)
    } finally {
      registry.set(version, own)
      registry.delete('0.0.1')
    }
  })

  test('behavior: settle what others left in the directory', async () => {
    const left: (string | undefined)[] = []
    // Each of them holds a journal of its own, and ends with nothing settled.
    const crashed = Array.from({ length: 3 }, () => {
      ;(globalThis as Record<symbol, unknown>)[Symbol.for('@assay/sdk/recorders')] = undefined
      return recorderOf({ submit: () => Promise.reject(new Error('down')), onError: () => {} })
    })
    for (const recorder of crashed) left.push((await recorder.record(exchange))?.inferenceId)
    await Promise.all(crashed.map((recorder) => recorder.shutdown()))
    expect(await journals()).toHaveLength(3)

    const receipts: InferenceReceipt[] = []
    recorderOf({ onReceipt: (receipt) => receipts.push(receipt) })
    await vi.waitUntil(() => receipts.length >= 3)
    await new Promise((later) => setTimeout(later, 50))
    expect(receipts.map(({ inferenceId }) => inferenceId).sort()).toEqual(left.sort())
    expect(await journals()).toHaveLength(3)
  })
})
