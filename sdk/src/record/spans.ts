import type { AnswerFacts } from './answer-facts.ts'
import {
  type Attribute,
  type Context,
  instrumentation,
  openTelemetry,
  type Span,
} from './open-telemetry.ts'

/** Where the inference of a call is told: the span that was active when the call was made. */
export type ActiveSpan = { span: Span; context: Context }

/** Under which the API keeps the active span in its context. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')
/** Of a span that is exported, though it may have ended (W3C Trace Context, sampled flag). */
const sampled = 1

/** The span that is active now, if OpenTelemetry is there and one is. Never throws. */
export function activeSpan(): ActiveSpan | undefined {
  try {
    const context = openTelemetry()?.context?.active()
    const span = context?.getValue(spanKey) as Span | undefined
    return context && span && { span, context }
  } catch {
    // Somebody else's context manager: telemetry is not worth a call.
    return undefined
  }
}

/** Spans that tell of an inference already. */
const told = new WeakSet<Span>()

/**
 * Tells a span of an inference. One that still records: by attributes for the first inference, by an event `assay.inference` for each
 * further one, so that none replaces another. One that has ended can't be told anything any more: a span `assay.inference` of our
 * own, its child, tells it instead. Never throws.
 */
export function tellSpan(
  active: ActiveSpan | undefined,
  inferenceId: string,
  requestedModel: string | undefined,
  facts: Partial<AnswerFacts>,
): void {
  if (!active) return
  const { span, context } = active
  try {
    const attributes = attributesOf(inferenceId, requestedModel, facts)
    if (!span.isRecording()) tellBeside(span, context, attributes)
    else if (told.has(span)) span.addEvent('assay.inference', attributes)
    else span.setAttributes(attributes)
    told.add(span)
  } catch {
    // As above.
  }
}

function tellBeside(span: Span, context: Context, attributes: Record<string, Attribute>): void {
  // Of one that nobody exports, nobody would know whose child it is.
  if ((span.spanContext().traceFlags & sampled) === 0) return
  const tracer = openTelemetry()?.trace?.getTracer(instrumentation)
  tracer?.startSpan('assay.inference', { attributes }, context).end()
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
