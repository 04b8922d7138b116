import type { AnswerFacts } from './answer-facts.ts'

/** What of OpenTelemetry's API is used. It is found where the API registers itself: no package of it is needed. */
type Api = {
  context?: { active(): { getValue(key: symbol): unknown } }
  metrics?: MeterProvider
}
type MeterProvider = { getMeter(name: string): Meter }
type Counter = { add(value: number): void }
type Meter = {
  createCounter(name: string, options: object): Counter
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

/** What became of one inference. */
export type Count = 'recorded' | 'dropped' | 'failed'

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

/** Counts what becomes of inferences, by OpenTelemetry's meters if there are any. */
export type Meters = {
  count: (what: Count) => void
  /** Ends the report of what is pending. */
  stop: () => void
}

/** Instruments of one provider, which all recorders of the process share. */
type Instruments = Record<Count, Counter> & { pending: Set<() => number> }
const instrumentsOf = new WeakMap<MeterProvider, Instruments>()

/** @param pending - How many inferences wait to be settled, asked when metrics are collected. */
export function createMeters(pending: () => number): Meters {
  let reported: Set<() => number> | undefined
  const instruments = () => {
    try {
      const provider = api()?.metrics
      if (!provider) return undefined
      const made = instrumentsOf.get(provider) ?? createInstruments(provider)
      if (reported !== made.pending) {
        reported?.delete(pending)
        reported = made.pending.add(pending)
      }
      return made
    } catch {
      // As above.
      return undefined
    }
  }
  instruments()
  return {
    count(what) {
      try {
        instruments()?.[what].add(1)
      } catch {
        // As above.
      }
    },
    stop: () => void reported?.delete(pending),
  }
}

function createInstruments(provider: MeterProvider): Instruments {
  const meter = provider.getMeter('@assay/sdk')
  const counter = (what: Count, description: string) =>
    meter.createCounter(`assay.inferences.${what}`, { description, unit: '{inference}' })
  const instruments: Instruments = {
    recorded: counter('recorded', 'Inferences that the journal keeps.'),
    dropped: counter('dropped', 'Inferences that the journal could not take.'),
    failed: counter('failed', 'Inferences that could not be read or written down.'),
    pending: new Set(),
  }
  meter
    .createObservableUpDownCounter('assay.inferences.pending', {
      description: 'Inferences in the journal that are not settled.',
      unit: '{inference}',
    })
    .addCallback((result) => {
      let sum = 0
      for (const pending of instruments.pending) sum += pending()
      result.observe(sum)
    })
  instrumentsOf.set(provider, instruments)
  return instruments
}
