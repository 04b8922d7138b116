import { createOpenAI } from '@ai-sdk/openai'
import { assayMiddleware, type AssayMiddlewareOptions, type Recorder } from '@assay/sdk'
import {
  embed,
  generateObject,
  generateText,
  stepCountIs,
  streamText,
  tool,
  wrapLanguageModel,
} from 'ai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Provider, startProvider } from './support/provider.ts'
import { shown } from '../support/shown.ts'
import { hangingJournal, localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
/** Whose answers have nothing of their own to be told apart by. */
let anonymous: Provider
beforeAll(async () => {
  provider = await startProvider()
  anonymous = await startProvider({ ids: () => 'same', requestIds: false })
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
  await anonymous.stop()
})

const openai = (recorder: Recorder, { origin } = provider) =>
  createOpenAI({ apiKey: 'k', baseURL: `${origin}/v1`, fetch: recorder.fetch })

describe('recorder.fetch with a provider', () => {
  test('default: results of generateText, streamText and embed have receipts', async () => {
    const recorder = await localRecorder()
    const modelOf = async (of: unknown) => shown(await recorder.receiptOf(of))['model.requested']
    const text = await generateText({ model: openai(recorder).chat('g'), prompt: 'Hi' })
    expect(text.text).toBe('Grüße')
    expect(await modelOf(text)).toBe('g')
    expect(await modelOf(text.steps[0])).toBe('g')
    expect(await modelOf(text.response.id)).toBe('g')

    const streamed = streamText({ model: openai(recorder).responses('s'), prompt: 'Hi' })
    let all = ''
    for await (const piece of streamed.textStream) all += piece
    expect(all).toBe('Grüße')
    expect(await modelOf(streamed)).toBe('s')

    const embedded = await embed({ model: openai(recorder).embedding('e'), value: 'Hi' })
    expect(embedded.embedding).toEqual([0.5, -0.25])
    expect(await modelOf(embedded)).toBe('e')
  })

  test('behavior: a result of several calls fits none of them; its steps do', async () => {
    const recorder = await localRecorder()
    const model = openai(recorder).chat('m')
    const [one, two] = [
      await generateText({ model, prompt: 'Hi' }),
      await generateText({ model, prompt: 'Hi' }),
    ]
    const several = { ...one, steps: [one.steps[0], two.steps[0]], response: two.response }
    expect(await recorder.receiptOf(several)).toBeUndefined()
    expect(await recorder.receiptOf(several.steps[1])).toEqual(await recorder.receiptOf(two))
  })

  test('behavior: ids that meet fit none', async () => {
    const recorder = await localRecorder()
    const model = openai(recorder, anonymous).chat('m')
    const first = await generateText({ model, prompt: 'Hi' })
    expect(await recorder.receiptOf(first)).toBeDefined()
    await generateText({ model, prompt: 'Hi' })
    expect(await recorder.receiptOf(first)).toBeUndefined()
  })

  test('behavior: a call that failed has no receipt, and its failure stays where it is', async () => {
    const recorder = await localRecorder()
    const failing = generateText({
      model: openai(recorder).chat('flaky-ai'),
      prompt: 'Hi',
      maxRetries: 0,
    })
    expect(await recorder.receiptOf(failing)).toBeUndefined()
    await expect(failing).rejects.toThrow()
    expect(recorder.status()).toMatchObject({ recorded: 0, failed: 0, dropped: 0 })
  })
})

describe('assayMiddleware', () => {
  // A busy machine may need longer than an application would wait.
  const patient: AssayMiddlewareOptions = { maxWaitMillis: 5_000 }
  const wrapped = (recorder: Recorder, name: string, server = anonymous, options = patient) =>
    wrapLanguageModel({
      model: openai(recorder, server).chat(name),
      middleware: assayMiddleware(recorder, options),
    })

  test('default: results carry the inference id, and keep what the provider says', async () => {
    const recorder = await localRecorder()
    const result = await generateText({ model: wrapped(recorder, 'a'), prompt: 'Hi' })
    expect(Object.keys(result.providerMetadata ?? {}).sort()).toEqual(['assay', 'openai'])
    const inferenceId = result.providerMetadata?.assay?.inferenceId
    const receipt = await recorder.receiptOf(inferenceId)
    expect(receipt?.inferenceId).toBe(inferenceId)
    expect(shown(receipt)['model.requested']).toBe('a')
    expect(await recorder.receiptOf(result)).toEqual(receipt)
  })

  test('behavior: a stream carries it on its finish part', async () => {
    const recorder = await localRecorder()
    const result = streamText({ model: wrapped(recorder, 's'), prompt: 'Hi' })
    const parts: { type: string; providerMetadata?: unknown }[] = []
    for await (const part of result.fullStream) parts.push(part)
    const inferenceId = (await result.providerMetadata)?.assay?.inferenceId
    expect(shown(await recorder.receiptOf(inferenceId))['model.requested']).toBe('s')
    expect(await recorder.receiptOf(result)).toEqual(await recorder.receiptOf(inferenceId))
    const told = parts.filter(({ providerMetadata }) =>
      JSON.stringify(providerMetadata ?? '').includes('assay'),
    )
    expect(told.map(({ type }) => type)).toEqual(['finish-step'])
  })

  test('behavior: calls at once each carry their own, though their ids are the same', async () => {
    const recorder = await localRecorder()
    const names = ['a', 'b', 'c', 'd']
    const results = await Promise.all(
      names.map((name) => generateText({ model: wrapped(recorder, name), prompt: 'Hi' })),
    )
    const receipts = await Promise.all(results.map((it) => recorder.receiptOf(it)))
    expect(receipts.map((it) => shown(it)['model.requested'])).toEqual(names)
  })

  test('behavior: several steps have an id each', async () => {
    const recorder = await localRecorder()
    const tools = { now: tool({ inputSchema: z.object({}), execute: () => 'noon' }) }
    const result = await generateText({
      model: wrapped(recorder, 'tools'),
      prompt: 'Hi',
      tools,
      stopWhen: stepCountIs(3),
    })
    expect(result.steps).toHaveLength(2)
    expect(await recorder.receiptOf(result)).toBeUndefined()
    const receipts = await Promise.all(result.steps.map((it) => recorder.receiptOf(it)))
    expect(new Set(receipts.map((it) => it?.inferenceId)).size).toBe(2)
    expect(receipts.map((it) => shown(it).finish_reason)).toEqual(['tool_calls', 'stop'])
  })

  test('behavior: generateObject carries it', async () => {
    const recorder = await localRecorder()
    const result = await generateObject({
      model: wrapped(recorder, 'object'),
      prompt: 'Hi',
      schema: z.object({ greeting: z.string() }),
    })
    expect(result.object).toEqual({ greeting: 'Grüße' })
    expect(shown(await recorder.receiptOf(result))['model.requested']).toBe('object')
  })

  test('behavior: a journal that takes its time holds no answer back for long', async () => {
    const recorder = await localRecorder({ journal: hangingJournal(), exportTimeoutMillis: 1_500 })
    const start = performance.now()
    const model = wrapped(recorder, 'a', anonymous, {})
    const result = await generateText({ model, prompt: 'Hi' })
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(result.text).toBe('Grüße')
    expect(result.providerMetadata).not.toHaveProperty('assay')
  })

  test('behavior: what is not recorded goes without; a recorder that is off changes nothing', async () => {
    const recorder = await localRecorder({ shouldRecord: () => false })
    const result = await generateText({ model: wrapped(recorder, 'a'), prompt: 'Hi' })
    expect(result.providerMetadata).not.toHaveProperty('assay')
    const off = await localRecorder({ enabled: false })
    const other = await generateText({ model: wrapped(off, 'a'), prompt: 'Hi' })
    expect(other.providerMetadata).toEqual(result.providerMetadata)
  })

  test('behavior: what the model throws is thrown', async () => {
    const recorder = await localRecorder()
    const model = wrapped(recorder, 'flaky-wrapped', provider)
    await expect(generateText({ model, prompt: 'Hi', maxRetries: 0 })).rejects.toThrow()
  })

  test('behavior: a reader that stops early stops the upstream', async () => {
    const recorder = await localRecorder()
    const { stream } = await wrapped(recorder, 'endless').doStream({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    })
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    await vi.waitFor(() => expect(recorder.status().recorded).toBe(1))
  })
})
