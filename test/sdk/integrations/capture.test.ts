import {
  assayMiddleware,
  CaptureUnavailableError,
  createRecorder,
  InferenceNotFoundError,
  type InferenceReceipt,
  SettlementTimeoutError,
} from '@assay/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Provider, startProvider } from './support/provider.ts'
import { shown } from '../support/shown.ts'
import { localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider({ ids: () => 'same', requestIds: false })
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
})

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hi' }] })

async function setUp() {
  const recorder = await localRecorder()
  const openai = recorder.openai(new OpenAI({ apiKey: 'k', baseURL: `${provider.origin}/v1` }))
  const chat = (model: string) => openai.chat.completions.create(ask(model))
  return { recorder, openai, chat }
}

const modelsOf = (receipts: readonly InferenceReceipt[]) =>
  receipts.map((it) => shown(it)['model.requested'])

describe('recorder.capture', () => {
  test('default: gives what ran inside, across awaits, in order, and what the function gave', async () => {
    const { recorder, chat } = await setUp()
    await chat('before')
    const captured = await recorder.capture(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      await Promise.all([chat('a'), chat('b')])
      await recorder.record({ request: 'q', response: 'r', model: 'c' })
      return 'value'
    })
    await chat('after')
    expect(captured.value).toBe('value')
    expect(modelsOf(await captured.receipts())).toEqual(['a', 'b', 'c'])
    const inferences = await captured.inferences()
    expect(inferences.map(({ sequence }) => sequence).sort()).toEqual([1n, 2n, 3n])
  })

  test('behavior: captures at once are told apart; what is inside of one inside is in both', async () => {
    const { recorder, chat } = await setUp()
    const one = recorder.capture(async () => {
      await chat('a')
      const inner = await recorder.capture(() => chat('b'))
      return modelsOf(await inner.receipts())
    })
    const two = recorder.capture(() => chat('c'))
    expect((await one).value).toEqual(['b'])
    expect(modelsOf(await (await one).receipts())).toEqual(['a', 'b'])
    expect(modelsOf(await (await two).receipts())).toEqual(['c'])
  })

  test('behavior: a stream that is read later is waited for, but not for ever', async () => {
    const { recorder, openai } = await setUp()
    const captured = await recorder.capture(() =>
      openai.chat.completions.create({ ...ask('s'), stream: true }),
    )
    expect(await captured.inferences({ timeoutMillis: 20 })).toEqual([])
    const receipts = captured.receipts()
    for await (const _ of captured.value);
    expect(modelsOf(await receipts)).toEqual(['s'])
  })

  test('behavior: neither a failure nor a call that is none is among them', async () => {
    const { recorder, openai, chat } = await setUp()
    const captured = await recorder.capture(async () => {
      await recorder.record({ request: 'q', response: 'r', servedAt: -1 }).catch(() => undefined)
      await openai.models.list().catch(() => undefined)
      await chat('flaky-captured')
    })
    expect(modelsOf(await captured.receipts())).toEqual(['flaky-captured'])
  })

  test('error: what the function throws', async () => {
    const { recorder } = await setUp()
    await expect(recorder.capture(() => Promise.reject(new TypeError('mine')))).rejects.toThrow(
      'mine',
    )
    await expect(
      recorder.capture(() => {
        throw new TypeError('at once')
      }),
    ).rejects.toThrow('at once')
  })

  test('error: CaptureUnavailableError, where the runtime can’t follow a call; the middleware does without', async () => {
    const { recorder } = await setUp()
    const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    try {
      await expect(recorder.capture(() => 1)).rejects.toThrow(CaptureUnavailableError)
      const { canCapture } = createRecorder({ enabled: false })
      expect(canCapture).toBe(true)
      const middleware = assayMiddleware({ ...recorder, canCapture: false })
      const result = { content: [] }
      expect(await middleware.wrapGenerate({ doGenerate: () => Promise.resolve(result) })).toBe(
        result,
      )
    } finally {
      builtin.mockRestore()
    }
  })
})

describe('waitForSettlement, onReceipt', () => {
  test('default: from recorded to settled', async () => {
    const receipts: InferenceReceipt[] = []
    const recorder = await localRecorder({ onReceipt: (it) => receipts.push(it) })
    const recorded = await recorder.record({ request: 'q', response: 'r' })
    expect(recorder.status()).toMatchObject({ recorded: 1, settled: 0, pending: 1 })
    const receipt = await recorder.waitForSettlement(recorded?.inferenceId ?? '0x')
    expect(receipt.inferenceId).toBe(recorded?.inferenceId)
    expect(recorder.status()).toMatchObject({ recorded: 1, settled: 1, pending: 0 })
    await vi.waitFor(() => expect(receipts).toEqual([receipt]))
    expect(await recorder.waitForSettlement(receipt)).toEqual(receipt)
  })

  test('error: SettlementTimeoutError, InferenceNotFoundError', async () => {
    const stuck = await localRecorder({
      submit: () => new Promise(() => {}),
      exportTimeoutMillis: 50,
    })
    const recorded = await stuck.record({ request: 'q', response: 'r' })
    await expect(stuck.waitForSettlement(recorded ?? { inferenceId: '0x' })).rejects.toThrow(
      SettlementTimeoutError,
    )
    const unknown = `0x${'1'.repeat(64)}` as const
    await expect(stuck.waitForSettlement(unknown)).rejects.toThrow(InferenceNotFoundError)
    const off = createRecorder({ enabled: false })
    await expect(off.waitForSettlement(unknown)).rejects.toThrow(InferenceNotFoundError)
  })
})

describe('status', () => {
  test('behavior: what could not be read is counted as failed, and told', async () => {
    const told: unknown[] = []
    const problem = new TypeError('mine')
    const recorder = await localRecorder({
      onError: (error) => told.push(error),
      shouldRecord() {
        throw problem
      },
    })
    const openai = recorder.openai(new OpenAI({ apiKey: 'k', baseURL: `${provider.origin}/v1` }))
    await openai.chat.completions.create(ask('m'))
    expect(told).toEqual([problem])
    expect(recorder.status()).toEqual({
      recorded: 0,
      settled: 0,
      finalized: 0,
      pending: 0,
      dropped: 0,
      failed: 1,
      lastError: problem,
    })
  })

  test('behavior: nothing that the application let go is held', async () => {
    const { recorder, openai } = await setUp()
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const held: WeakRef<object>[] = []
    await (async () => {
      const { data, response } = await openai.chat.completions.create(ask('m')).withResponse()
      const stream = await openai.chat.completions.create({ ...ask('s'), stream: true })
      for await (const _ of stream);
      expect(await recorder.receiptOf(stream)).toBeDefined()
      held.push(new WeakRef(data), new WeakRef(response), new WeakRef(stream))
    })()
    await vi.waitFor(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 0))
        gc()
        expect(held.map((it) => it.deref())).toEqual([undefined, undefined, undefined])
      },
      { timeout: 5_000 },
    )
  })
})
