import { context, diag, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import Anthropic from '@anthropic-ai/sdk'
import { fileJournal } from '@assay/sdk'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Provider, startProvider } from './support/provider.ts'
import { emptyDirectory, localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
})
afterEach(() => {
  trace.disable()
  context.disable()
  metrics.disable()
})

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hi' }] })

async function setUp() {
  const recorder = await localRecorder()
  const openai = recorder.openai(new OpenAI({ apiKey: 'k', baseURL: `${provider.origin}/v1` }))
  return { recorder, chat: (model: string) => openai.chat.completions.create(ask(model)) }
}

/** Registers real tracing, and gives the spans that ended. */
function startTracing(sampler: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return exporter
}

/** Registers real metrics, and gives what they are now. */
function startMetrics() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meters = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(meters)
  return async () => {
    exporter.reset()
    await meters.forceFlush()
    const all = exporter.getMetrics().flatMap((it) => it.scopeMetrics.flatMap((s) => s.metrics))
    return Object.fromEntries(
      all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]),
    )
  }
}

describe('spans', () => {
  test('default: the span that is active when the call is made tells of its inference', async () => {
    const exporter = startTracing()
    const { recorder, chat } = await setUp()
    const { completion, inferenceId } = await trace
      .getTracer('app')
      .startActiveSpan('chat', async (span) => {
        const completion = await chat('m')
        const receipt = await recorder.receiptOf(completion)
        span.end()
        return { completion, inferenceId: receipt?.inferenceId }
      })
    expect(exporter.getFinishedSpans().map((it) => it.attributes)).toEqual([
      {
        'assay.inference.id': inferenceId,
        'gen_ai.request.model': 'm',
        'gen_ai.response.id': completion.id,
        'gen_ai.response.model': 'm-1',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 3,
        'gen_ai.usage.output_tokens': 2,
      },
    ])
  })

  test('behavior: further inferences of one span are events, so that none replaces another', async () => {
    const exporter = startTracing()
    const { recorder } = await setUp()
    const anthropic = new Anthropic({
      apiKey: 'k',
      baseURL: provider.origin,
      fetch: recorder.fetch,
      // Its own span would be the active one, and ends with the answer.
      openTelemetry: false,
    })
    const ids = await trace.getTracer('app').startActiveSpan('agent', async (span) => {
      const one = await recorder.record({ request: 'q', response: 'a', model: 'local' })
      const two = await anthropic.messages.create({ ...ask('m'), max_tokens: 9 })
      const receipt = await recorder.receiptOf(two)
      span.end()
      return [one?.inferenceId, receipt?.inferenceId]
    })
    const [span] = exporter.getFinishedSpans()
    expect(span?.attributes).toEqual({
      'assay.inference.id': ids[0],
      'gen_ai.request.model': 'local',
    })
    expect(span?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'assay.inference',
        expect.objectContaining({
          'assay.inference.id': ids[1],
          'gen_ai.usage.input_tokens': 3,
          'gen_ai.usage.output_tokens': 2,
        }),
      ],
    ])
  })

  test('behavior: calls at once tell their own spans', async () => {
    const exporter = startTracing()
    const { recorder, chat } = await setUp()
    await Promise.all(
      ['a', 'b', 'c'].map((model) =>
        trace.getTracer('app').startActiveSpan(model, async (span) => {
          await chat(model)
          await recorder.flush()
          span.end()
        }),
      ),
    )
    const spans = exporter.getFinishedSpans()
    expect(spans).toHaveLength(3)
    for (const { name, attributes } of spans) expect(attributes['gen_ai.request.model']).toBe(name)
    expect(new Set(spans.map((it) => it.attributes['assay.inference.id'])).size).toBe(3)
  })

  test('behavior: of a span that has ended, a child of our own tells; without a span, nobody', async () => {
    const exporter = startTracing()
    const { recorder, chat } = await setUp()
    // Where the API's own complaints go, such as of a span that is told something after its end.
    const warn = vi.fn()
    const nothing = () => {}
    diag.setLogger({ warn, error: warn, info: nothing, debug: nothing, verbose: nothing })
    const calls = trace.getTracer('app').startActiveSpan('short', (span) => {
      const calls = [chat('m'), chat('n')]
      span.end()
      return calls
    })
    const receipts = await Promise.all(calls.map((call) => recorder.receiptOf(call)))
    await chat('o')
    await recorder.flush()
    const [short, ...children] = exporter.getFinishedSpans()
    expect(short?.attributes).toEqual({})
    expect(children.map((it) => it.name)).toEqual(['assay.inference', 'assay.inference'])
    for (const child of children) {
      expect(child.parentSpanContext).toEqual(short?.spanContext())
      expect(child.instrumentationScope.name).toBe('@assay/sdk')
    }
    const ids = children.map((it) => it.attributes['assay.inference.id'])
    expect(ids.sort()).toEqual(receipts.map((it) => it?.inferenceId).sort())
    expect(recorder.status()).toMatchObject({ recorded: 3, failed: 0 })
    expect(warn).not.toHaveBeenCalled()
    diag.disable()
  })

  test('behavior: so the span that Anthropic’s client makes of a call leads to its inference', async () => {
    const exporter = startTracing()
    const { recorder } = await setUp()
    const anthropic = new Anthropic({
      apiKey: 'k',
      baseURL: provider.origin,
      fetch: recorder.fetch,
    })
    const answer = await anthropic.messages.create({ ...ask('m'), max_tokens: 9 })
    const receipt = await recorder.receiptOf(answer)
    const spans = exporter.getFinishedSpans()
    const own = spans.filter((it) => it.instrumentationScope.name !== '@assay/sdk')
    const telling = spans.filter((it) => 'assay.inference.id' in it.attributes)
    expect(own.length).toBeGreaterThan(0)
    expect(telling).toHaveLength(1)
    const [span] = telling
    expect(span?.attributes).toMatchObject({
      'assay.inference.id': receipt?.inferenceId,
      'gen_ai.request.model': 'm',
    })
    // It is one of the client's, or a child of one.
    const ids = own.map((it) => it.spanContext().spanId)
    expect([span?.spanContext().spanId, span?.parentSpanContext?.spanId]).toEqual(
      expect.arrayContaining([expect.toBeOneOf(ids)]),
    )
  })

  test('behavior: a span that nobody exports has no child', async () => {
    const exporter = startTracing({
      shouldSample: (_context, _trace, name) => ({
        decision:
          name === 'unseen' ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
      }),
      toString: () => 'all but one',
    })
    const { recorder, chat } = await setUp()
    const call = trace.getTracer('app').startActiveSpan('unseen', (span) => {
      const call = chat('m')
      span.end()
      return call
    })
    await call
    await recorder.flush()
    expect(recorder.status()).toMatchObject({ recorded: 1, failed: 0 })
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  test('behavior: a context manager or a span that throws reaches neither the call nor the recording', async () => {
    const { recorder, chat } = await setUp()
    const throws = () => {
      throw new TypeError('telemetry')
    }
    const manager = new AsyncLocalStorageContextManager()
    const active = vi.spyOn(manager, 'active').mockImplementation(throws)
    context.setGlobalContextManager(manager)
    await chat('m')
    active.mockReturnValue({
      getValue: () => ({ isRecording: throws }),
      setValue: throws,
      deleteValue: throws,
    })
    await chat('n')
    await recorder.flush()
    expect(active).toHaveBeenCalled()
    expect(recorder.status()).toMatchObject({ recorded: 2, failed: 0, lastError: undefined })
  })
})

describe('counters', () => {
  test('default: recorded, dropped, failed, pending, over all recorders of the process', async () => {
    const read = startMetrics()
    const one = await localRecorder({
      submit: () => new Promise(() => {}),
      exportTimeoutMillis: 50,
    })
    const two = await localRecorder({
      maxQueueSize: 1,
      onDrop() {},
      onError() {},
      shouldRecord() {
        throw new TypeError('mine')
      },
    })
    expect(await read()).toMatchObject({ 'assay.inferences.pending': 0 })
    await one.record({ request: 'q', response: 'a' })
    await Promise.all([1, 2, 3].map(() => two.record({ request: 'q', response: 'a' })))
    await (
      await two.fetch(`${provider.origin}/v1/chat/completions`, { method: 'POST', body: '{}' })
    ).text()
    expect(await read()).toEqual({
      'assay.inferences.recorded': 2,
      'assay.inferences.dropped': 2,
      'assay.inferences.failed': 1,
      'assay.inferences.pending': 2,
    })
    await two.flush()
    expect(await read()).toMatchObject({ 'assay.inferences.pending': 1 })
    await one.shutdown()
    expect(await read()).toMatchObject({
      'assay.inferences.recorded': 2,
      'assay.inferences.pending': 0,
    })
  })

  test('behavior: recorders that share a journal are counted once', async () => {
    const read = startMetrics()
    const journal = fileJournal({ directory: await emptyDirectory() })
    const [one, two] = [await localRecorder({ journal }), await localRecorder({ journal })]
    await one.record({ request: 'q', response: 'a' })
    await two.record({ request: 'q', response: 'a' })
    expect([one.status().recorded, two.status().recorded]).toEqual([2, 2])
    expect(await read()).toMatchObject({ 'assay.inferences.recorded': 2 })
    await one.shutdown()
    expect(await read()).toMatchObject({ 'assay.inferences.recorded': 2 })
    await two.shutdown()
    expect(await read()).toMatchObject({ 'assay.inferences.recorded': 2 })
  })

  test('behavior: meters that come after the recorder are found', async () => {
    const recorder = await localRecorder()
    await recorder.record({ request: 'q', response: 'a' })
    const read = startMetrics()
    await recorder.record({ request: 'q', response: 'a' })
    expect(await read()).toMatchObject({ 'assay.inferences.recorded': 2 })
  })

  test('behavior: meters that throw reach no call', async () => {
    const provider = new MeterProvider()
    vi.spyOn(provider, 'getMeter').mockImplementation(() => {
      throw new TypeError('telemetry')
    })
    metrics.setGlobalMeterProvider(provider)
    const recorder = await localRecorder()
    expect(await recorder.record({ request: 'q', response: 'a' })).toBeDefined()
    expect(recorder.status()).toMatchObject({ recorded: 1, failed: 0 })
  })
})
