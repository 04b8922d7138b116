/** What of OpenTelemetry's API is used. It is found where the API registers itself: no package of it is needed. */
export type OpenTelemetry = {
  context?: { active(): Context }
  trace?: { getTracer(name: string): Tracer }
  metrics?: MeterProvider
}
export type Context = { getValue(key: symbol): unknown }
export type Attribute = string | number | string[]
export type Span = {
  isRecording(): boolean
  setAttributes(attributes: Record<string, Attribute>): unknown
  addEvent(name: string, attributes: Record<string, Attribute>): unknown
  spanContext(): { traceFlags: number }
  end(): void
}
type Tracer = {
  startSpan(name: string, options: { attributes: object }, context: Context): Span
}
export type MeterProvider = { getMeter(name: string): Meter }
type Meter = {
  createObservableCounter(name: string, options: object): Observable
  createObservableUpDownCounter(name: string, options: object): Observable
}
type Observable = {
  addCallback(observe: (result: { observe(value: number): void }) => void): void
}

/** Under which what is made here is known. */
export const instrumentation = '@assay/sdk'

const apiKey = Symbol.for('opentelemetry.js.api.1')

/** The API, if it is there. */
export function openTelemetry(): OpenTelemetry | undefined {
  return (globalThis as { [apiKey]?: OpenTelemetry })[apiKey]
}
