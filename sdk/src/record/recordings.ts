import type { RecorderConfig } from '../config/recorder-config.ts'
import type { WaitUntil } from '../config/wait-until.ts'
import type { StandardField } from '../formats/fields.ts'
import { bytesToHex } from '../formats/bytes.ts'
import { type Book, openBook } from './book.ts'
import { createScopes } from './capture.ts'
import type { ContentKeeper } from './content-keeper.ts'
import type { SeenExchange } from './exchange.ts'
import { createLookup, type IdSoFar, idsOf, type Lookup } from './lookup.ts'
import {
  digestOf,
  type Extra,
  extraOf,
  fieldsOf,
  type RecordParameters,
} from './record-parameters.ts'
import type { RecordedInference } from './recorder-type.ts'
import type { OpenCall } from './recording-fetch.ts'
import { createReport, type Report } from './report.ts'
import { type ActiveSpan, activeSpan, tellSpan } from './spans.ts'
import { type NamedInference, tracesOf, tracesOfResult } from './traces.ts'

/** What a call or a computation becomes, for those who ask for it later. */
export type Recording = { recorded: Promise<RecordedInference | undefined> }

/** What recorders on the same journal share. */
export type SharedRecords = {
  book: Book
  lookup: Lookup<Recording>
  /** Calls that failed so far. */
  tally: { failed: number }
  report: Report
  /** What is over and not in the book yet. */
  underWay: Set<Promise<unknown>>
}

/** Opens what recorders on the same journal share. */
export function openRecords(config: RecorderConfig): SharedRecords {
  const book = openBook(config)
  const tally = { failed: 0 }
  const report = createReport(() => ({ ...book.status(), ...tally }))
  const close = (timeoutMillis: number) => book.close(timeoutMillis).finally(report.end)
  return { book: { ...book, close }, lookup: createLookup(), tally, report, underWay: new Set() }
}

/** What is seen on its way into the book, and the way back to it. */
export type Recordings = {
  /** Begins a call. Never throws. */
  begin: (waitUntil?: WaitUntil) => OpenCall
  /** @throws InvalidInputError, InvalidConfigError; what a stream among the bytes throws. */
  record: (parameters: RecordParameters) => Promise<RecordedInference | undefined>
  /** The inference that something stands for; undefined if none does, or more than one. */
  identify: (of: unknown) => Promise<NamedInference | undefined>
  /** Runs a function; `items` are what begins inside. @throws CaptureUnavailableError */
  capture: <R>(run: () => R, waitUntil?: WaitUntil) => { value: R; items: readonly Recording[] }
  /** Counts and tells what kept a call from being recorded. */
  fail: (error: unknown) => void
  /** Once all that is over by now is in the book. */
  gathered: () => Promise<void>
}

export function createRecordings(
  config: RecorderConfig,
  { book, lookup, tally, report, underWay }: SharedRecords,
  contents: ContentKeeper,
): Recordings {
  const scopes = createScopes<Recording>()
  function fail(error: unknown): void {
    tally.failed++
    config.onError(error)
  }

  /** Makes a recording known to those who surround it. */
  function open(recorded: Recording['recorded'], waitUntil?: WaitUntil): Recording {
    const recording = { recorded }
    scopes.note(recording)
    report.look()
    if (config.waitUntil) keepAlive(recording, config.waitUntil)
    if (waitUntil) keepAlive(recording, waitUntil)
    return recording
  }

  function keepAlive({ recorded }: Recording, waitUntil: WaitUntil): void {
    waitUntil(
      recorded
        .then((it) => it && book.receipt(it, config.exportTimeoutMillis))
        // Told to onError where it went wrong, or to the caller of `record`.
        .then(noop, noop),
    )
  }

  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work)
    void work.finally(() => underWay.delete(work)).catch(noop)
    return work
  }

  function keep(
    standard: Partial<Record<StandardField, Uint8Array>>,
    extra: Extra = {},
  ): Promise<RecordedInference | undefined> {
    return book.take({
      modelId: extra.modelId ?? config.modelId,
      environmentId: extra.environmentId ?? config.environmentId,
      servedAt: BigInt(extra.servedAt ?? Date.now()),
      standard,
      extensions: extra.extensions ?? [],
      messages: extra.messages,
    })
  }

  async function keepExchange(
    { fields: seen, response }: SeenExchange,
    recording: Recording,
    span: ActiveSpan | undefined,
  ): Promise<RecordedInference | undefined> {
    const { fields, facts, messages, contents: kept } = await seen
    lookup.rememberIds(recording, idsOf(response, facts))
    const url = fields.endpoint && text(fields.endpoint)
    for (const kind of ['request', 'response'] as const) {
      contents.keep(kind, { bytes: kept[kind], digest: fields[`${kind}.sha256`], url })
    }
    const recorded = await keep(fields, messages ? { messages } : {})
    const asked = fields['model.requested']
    const model = asked && text(asked)
    const { 'request.sha256': request, 'response.sha256': answer } = fields
    if (recorded && request && answer && url !== undefined) {
      const digests = { requestDigest: bytesToHex(request), responseDigest: bytesToHex(answer) }
      config.evidence?.take(
        { ...digests, ...kept, url, responseId: facts.id, model },
        config.onError,
      )
    }
    if (span && recorded) tellSpan(span, recorded.inferenceId, model, facts)
    return recorded
  }

  async function recordNow(
    parameters: RecordParameters,
    span: ActiveSpan | undefined,
  ): Promise<RecordedInference | undefined> {
    const extra = extraOf(parameters)
    // Both at once, so that what is in memory is read before the caller goes on.
    const [request, response] = await Promise.all([
      digestOf(parameters.request, contents.maxBytes.request),
      digestOf(parameters.response, contents.maxBytes.response),
    ])
    contents.keep('request', { ...request, url: parameters.endpoint })
    contents.keep('response', { ...response, url: parameters.endpoint })
    const recorded = await keep(fieldsOf(parameters, request, response), extra)
    if (recorded) tellSpan(span, recorded.inferenceId, parameters.model, {})
    return recorded
  }

  return {
    begin(waitUntil) {
      let over: (recorded: RecordedInference | undefined) => void = noop
      const recording = open(new Promise((resolve) => (over = resolve)), waitUntil)
      const span = activeSpan()
      let stream: IdSoFar | undefined
      return {
        onObject: (object) => lookup.rememberObject(recording, object),
        onStream: (idSoFar) => lookup.rememberStream(recording, (stream = idSoFar)),
        onNothing: () => over(undefined),
        onError(error) {
          fail(error)
          over(undefined)
        },
        onExchange(seen) {
          // Until here it is held, by whoever reads the answer.
          if (stream) lookup.forgetStream(recording)
          const kept = keepExchange(seen, recording, span).catch((error: unknown) => {
            fail(error)
            return undefined
          })
          void track(kept).then(over)
        },
      }
    },
    record(parameters) {
      const work = track(recordNow(parameters, activeSpan()))
      // What its parameters lack is told to who calls it, and to nobody else.
      open(work.catch(noop))
      return work
    },
    async identify(of) {
      let held: unknown
      try {
        held = await of
      } catch {
        // A call that failed has no inference; who made it is told there.
        return undefined
      }
      const traces = tracesOf(held)
      const byObject = lookup.findObject(traces.objects)
      if (byObject) return byObject.recorded
      const result = await tracesOfResult(held)
      if (!result) return undefined
      const ids = [...traces.ids, ...result.ids]
      const [named, ...others] = [...traces.named, ...result.named]
      if (named) {
        // A provider may name an answer as another inference, of which the chain tells everybody.
        const byIds = await lookup.findIds(ids)?.recorded
        return [...others, byIds ?? named].every(isSameAs(named)) ? named : undefined
      }
      // Whether an id is the only one of its kind is known once all that is over has been looked at.
      await Promise.allSettled(underWay)
      return lookup.findIds(ids)?.recorded
    },
    capture: (run, waitUntil) =>
      scopes.run(run, waitUntil && ((recording) => keepAlive(recording, waitUntil))),
    fail,
    async gathered() {
      await Promise.allSettled(underWay)
    },
  }
}

function isSameAs({ inferenceId }: NamedInference) {
  return (other: NamedInference) => other.inferenceId === inferenceId
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function noop(): undefined {}
