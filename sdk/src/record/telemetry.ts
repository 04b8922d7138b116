import type { AnswerFacts } from './answer-facts.ts'

/** What of OpenTelemetry's API is used. It is found where the API registers itself: no package of it is needed. */
type Api = {
  context?: { active(): { getValue(key: symbol): unknown } }
  metrics?: MeterProvider
}
type MeterProvider = { getMeter(name: string): Meter }
type Meter = {
  createObservableCounter(name: string, options: object): Observable
  createObservableUpDownCounter(name: string, options: object): Observable
}
type Observable = {
  addCallback(observe: (result: { observe(value: number): void }) => void): void
}
/** Where the inference of a call is told: the span that was active when the call was made. */
export type Span = {
  isRecording(): boolean
  setAttributes(attributes: Record<string, Attribute>): unknown
  addEvent(name: string, attributes: Record<string, Attribute>): unknown
}
type Attribute = string | number | string[]

const apiKey = Symbol.for('opentelemetry.js.api.1')
/** Under which the API keeps the active span in its context. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

function api(): Api | undefined {
  return (globalThis as { [apiKey]?: Api })[apiKey]
}

/** The span that is active now, if OpenTelemetry is there and one is. Never throws. */
export function activeSpan(): Span | undefined {
  try {
    return api()?.context?.active().getValue(spanKey) as Span | undefined
  } catch {
    // Somebody else's context manager: telemetry is not worth a call.
    return undefined
  }
}

/** Spans that tell of an inference already. */
const told = new WeakSet<Span>()

/**
 * Tells a span of an inference, if it still records: by attributes for the first one, by an event `assay.inference` for each
 * further one, so that none replaces another. Never throws.
 */
export function tellSpan(
  span: Span | undefined,
  inferenceId: string,
  requestedModel: string | undefined,
  facts: Partial<AnswerFacts>,
): void {
  try {
    if (!span?.isRecording()) return
    const attributes = attributesOf(inferenceId, requestedModel, facts)
    if (told.has(span)) span.addEvent('assay.inference', attributes)
    else span.setAttributes(attributes)
    told.add(span)
  } catch {
    // As above.
  }
}

/** Names of OpenTelemetry's semantic conventions for generative AI, where there is one. */
function attributesOf(
  inferenceId: string,
  requestedModel: string | undefined,
  facts: Partial<AnswerFacts>,
): Record<string, Attribute> {
  const usage = usageIn(facts.usage)
  const known = {
    'assay.inference.id': inferenceId,
    'gen_ai.request.model': requestedModel,
    'gen_ai.response.id': facts.id,
    'gen_ai.response.model': facts.model,
    'gen_ai.response.finish_reasons': facts.finishReason ? [facts.finishReason] : undefined,
    'gen_ai.usage.input_tokens': usage.prompt_tokens ?? usage.input_tokens,
    'gen_ai.usage.output_tokens': usage.completion_tokens ?? usage.output_tokens,
  }
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, Attribute] => entry[1] !== undefined),
  )
}

function usageIn(json: string | undefined): Record<string, number | undefined> {
  const usage: unknown = json === undefined ? {} : JSON.parse(json)
  return Object.fromEntries(
    Object.entries(usage as object).filter(([, value]) => typeof value === 'number'),
  )
}

/** What became of inferences, as `status` says it. */
type Counts = Record<Count, number>
const counts = {
  recorded: 'Inferences that the journal keeps.',
  dropped: 'Inferences that the journal could not take.',
  failed: 'Calls that could not be read or written down.',
  pending: 'Inferences in the journal that are not settled.',
} as const
type Count = keyof typeof counts

/** Reports counts to OpenTelemetry's meters, once there are any. Never throws. */
export type Report = {
  /** Looks whether meters have come. */
  look: () => void
  /** What was counted stays in the sums; nothing is pending any more. */
  end: () => void
}

/** All recorders of the process whose counts one provider of meters is told. */
type Reported = { reporting: Set<() => Counts>; ended: Counts }
const reportedTo = new WeakMap<MeterProvider, Reported>()

/** @param status - Asked when metrics are collected. */
export function createReport(status: () => Counts): Report {
  let last: MeterProvider | undefined
  const look = () => {
    const provider = api()?.metrics
    if (!provider || provider === last) return
    last = provider
    try {
      const reported = reportedTo.get(provider) ?? observe(provider)
      reported.reporting.add(status)
    } catch {
      // Somebody else's meters: telemetry is not worth a recording.
    }
  }
  look()
  return {
    look,
    end() {
      const reported = last && reportedTo.get(last)
      if (!reported?.reporting.delete(status)) return
      const { recorded, dropped, failed } = status()
      reported.ended.recorded += recorded
      reported.ended.dropped += dropped
      reported.ended.failed += failed
    },
  }
}

function observe(provider: MeterProvider): Reported {
  const reported: Reported = {
    reporting: new Set(),
    ended: { recorded: 0, dropped: 0, failed: 0, pending: 0 },
  }
  const meter = provider.getMeter('@assay/sdk')
  for (const [count, description] of Object.entries(counts) as [Count, string][]) {
    const name = `assay.inferences.${count}`
    const options = { description, unit: '{inference}' }
    const instrument =
      count === 'pending'
        ? meter.createObservableUpDownCounter(name, options)
        : meter.createObservableCounter(name, options)
    instrument.addCallback((result) => {
      let sum = reported.ended[count]
      for (const status of reported.reporting) sum += status()[count]
      result.observe(sum)
    })
  }
  reportedTo.set(provider, reported)
  return reported
}
