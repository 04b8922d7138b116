import type { Hex } from 'viem'
import {
  type RecorderConfig,
  type RecorderOptions,
  resolveConfig,
  word,
} from '../config/recorder-config.ts'
import { InvalidInputError } from '../errors/input.ts'
import { sha256 } from '../crypto/sha256.ts'
import { utf8 } from '../formats/bytes.ts'
import {
  type Field,
  fieldCounts,
  type Outcome,
  standardFields,
  type StandardField,
} from '../formats/fields.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import { type Book, openBook, type RecorderStatus } from './book.ts'
import { watchExchange } from './exchange.ts'
import { createLookup, idsOf } from './lookup.ts'

/** What `recorder.record` takes: the bytes of an exchange, or of any computation with an input and an output. */
export type RecordParameters = {
  /** What went in; a text stands for its UTF-8 bytes. */
  request: Uint8Array | string
  /** What came out. */
  response: Uint8Array | string
  /** The text that was generated, if one was. Default: none. */
  outputText?: string | undefined
  /** The registered model. Default: the recorder's. */
  modelId?: Hex | undefined
  /** The registered environment. Default: the recorder's. */
  environmentId?: Hex | undefined
  /** Private name of the model. Default: none. */
  model?: string | undefined
  /** Where it ran: origin and path, or any name. Default: none. */
  endpoint?: string | undefined
  /** Default: `complete`. */
  outcome?: Outcome | undefined
  /** Unix milliseconds. Default: now. */
  servedAt?: number | undefined
  /** Further private fields, seven at most; names other than the standard ones. Default: none. */
  extensions?: Record<string, Uint8Array | string> | undefined
}

/** An inference that the journal keeps. */
export type RecordedInference = { inferenceId: Hex; sequence: bigint }

/** Records inferences and settles them, with nobody present. */
export type Recorder = {
  /** Whether it records, and is not a stand-in that does nothing. */
  readonly enabled: boolean
  /** As the global `fetch`, but what stands for an inference is recorded. For every client that takes a `fetch`. */
  fetch: typeof fetch
  /** Wraps a server's fetch-handler, so that its answers are recorded in the operator's name. */
  handler<A extends unknown[]>(
    handler: (request: Request, ...rest: A) => Response | Promise<Response>,
  ): (request: Request, ...rest: A) => Promise<Response>
  /**
   * Records anything with bytes in and bytes out.
   *
   * @returns The inference once it is durable; undefined if it was dropped, or the recorder is off.
   * @throws InvalidInputError, InvalidConfigError if a parameter is malformed.
   */
  record(parameters: RecordParameters): Promise<RecordedInference | undefined>
  /**
   * The receipt of a response, a parsed answer, a stream, a recorded inference or an inference id, once it is settled.
   *
   * @param of - What the application holds.
   * @param options - `timeoutMillis`: how long to wait for the settlement. Default: `exportTimeoutMillis`.
   * @returns Undefined if nothing was recorded for it, or it is not clear which.
   * @throws SettlementTimeoutError
   */
  receiptOf(
    of: unknown,
    options?: { timeoutMillis?: number | undefined },
  ): Promise<InferenceReceipt | undefined>
  /** Settles what is recorded now. Rejects with what stops it; nothing is lost then, and it is tried again. */
  flush(): Promise<void>
  /** Settles what can be settled within `exportTimeoutMillis` and ends. What is left is settled by the next run. */
  shutdown(): Promise<void>
  status(): RecorderStatus
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a recorder. Without options it is configured by ASSAY_* variables; with nothing configured it does nothing, and says so
 * once.
 *
 * @throws InvalidConfigError if a setting is malformed, JournalError if the journal can't be opened. After that, nothing that
 * goes wrong here ever reaches a call.
 *
 * @example
 * const recorder = createRecorder()
 * const openai = new OpenAI({ fetch: recorder.fetch })
 */
export function createRecorder(options: RecorderOptions = {}): Recorder {
  const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process
    ?.env
  const config = resolveConfig(options, env ?? {})
  if (!config) {
    if (options.enabled ?? env?.ASSAY_ENABLED !== 'false') {
      console.warn(
        'assay: nothing is recorded: ASSAY_OWNER and ASSAY_SESSION_KEY are not set (ASSAY_ENABLED=false silences this).',
      )
    }
    return disabledRecorder(options)
  }
  return startRecorder(config)
}

/** What an exchange or a computation became, for those who ask for it later. */
type Found = { recorded: Promise<RecordedInference | undefined> }

function startRecorder(config: RecorderConfig): Recorder {
  const book: Book = openBook(config)
  const lookup = createLookup<Found>()
  const underWay = new Set<Promise<unknown>>()

  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work)
    void work.finally(() => underWay.delete(work)).catch(() => undefined)
    return work
  }

  async function keep(
    standard: Partial<Record<StandardField, Uint8Array>>,
    extra: Partial<Pick<RecordParameters, 'modelId' | 'environmentId' | 'servedAt'>> & {
      extensions?: readonly Field[]
    } = {},
  ): Promise<RecordedInference | undefined> {
    const entry = await book.take({
      modelId: extra.modelId ?? config.modelId,
      environmentId: extra.environmentId ?? config.environmentId,
      servedAt: BigInt(extra.servedAt ?? Date.now()),
      standard,
      extensions: extra.extensions ?? [],
    })
    return entry && { inferenceId: entry.inferenceId, sequence: entry.inference.sequence }
  }

  const exchange = watchExchange({
    onError: config.onError,
    onExchange(seen) {
      const recorded = track(seen.fields.then(({ fields }) => keep(fields)))
      recorded.catch(config.onError)
      const found: Found = { recorded }
      lookup.remember(found, { objects: seen.objects, ids: [] })
      track(
        seen.fields.then(({ facts }) => {
          lookup.remember(found, { objects: [], ids: idsOf(seen.response, facts) })
        }),
      ).catch(config.onError)
    },
  })

  /** What to send, and what to do with the response; undefined if the call is no inference, or can't be watched. */
  function watchCall(input: Parameters<typeof fetch>[0], init: RequestInit | undefined) {
    try {
      const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
      const url = urlOf(input)
      if (!url || !config.shouldRecord({ method: method.toUpperCase(), url })) return undefined
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      if (init?.body == null && input instanceof Request) {
        const facts = exchange.bodyOf(input)
        return { init, watch: exchange.start({ url, facts, signal }) }
      }
      const { init: sent, facts } = exchange.sent(init)
      return { init: sent, watch: exchange.start({ url, facts, signal }) }
    } catch (error) {
      // Whatever we stumble over is not the application's concern.
      config.onError(error)
      return undefined
    }
  }

  const recordingFetch: typeof fetch = (input, init) => {
    const send = config.fetch ?? globalThis.fetch
    const call = watchCall(input, init)
    return call ? Promise.resolve(send(input, call.init)).then(call.watch) : send(input, init)
  }

  async function shutdown(): Promise<void> {
    const bounded = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, config.exportTimeoutMillis)
      ;(timer as { unref?: () => void }).unref?.()
    })
    await Promise.allSettled(underWay)
    await Promise.race([book.flush().catch(config.onError), bounded])
    await book.close().catch(config.onError)
  }

  return {
    enabled: true,
    fetch: recordingFetch,
    handler:
      (handler) =>
      async (request, ...rest) => {
        let watch: (response: Response) => Response = (response) => response
        try {
          const url = new URL(request.url)
          if (config.shouldRecord({ method: request.method, url })) {
            const facts = exchange.bodyOf(request)
            watch = exchange.start({ url, facts, signal: request.signal })
          }
        } catch (error) {
          config.onError(error)
        }
        return watch(await handler(request, ...rest))
      },
    async record(parameters) {
      const found: Found = { recorded: track(keep(fieldsOf(parameters), checked(parameters))) }
      const recorded = await found.recorded
      if (recorded) lookup.remember(found, { objects: [recorded], ids: [recorded.inferenceId] })
      return recorded
    },
    async receiptOf(of, { timeoutMillis = config.exportTimeoutMillis } = {}) {
      // An answer may be in the caller's hands before its last bytes have been looked at.
      await Promise.allSettled(underWay)
      const recorded = await lookup.find(of)?.recorded
      const id = recorded?.inferenceId ?? of
      return typeof id === 'string' && /^0x[0-9a-f]{64}$/.test(id)
        ? book.receipt(id as Hex, timeoutMillis)
        : undefined
    },
    async flush() {
      await Promise.allSettled(underWay)
      await book.flush()
    },
    shutdown,
    status: book.status,
    [Symbol.asyncDispose]: shutdown,
  }
}

function disabledRecorder(options: RecorderOptions): Recorder {
  const nothing = () => Promise.resolve(undefined)
  const status = { recorded: 0, settled: 0, pending: 0, dropped: 0, lastError: undefined }
  return {
    enabled: false,
    fetch: (input, init) => (options.fetch ?? globalThis.fetch)(input, init),
    handler:
      (handler) =>
      async (request, ...rest) =>
        handler(request, ...rest),
    record: nothing,
    receiptOf: nothing,
    flush: nothing,
    shutdown: nothing,
    status: () => status,
    [Symbol.asyncDispose]: nothing,
  }
}

/** The address of a request; in a browser it may be relative to the page. */
function urlOf(input: Parameters<typeof fetch>[0]): URL | undefined {
  const base = (globalThis as { location?: { href?: string } }).location?.href
  const address = input instanceof Request ? input.url : String(input)
  return URL.canParse(address, base) ? new URL(address, base) : undefined
}

function bytes(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? utf8(value) : value
}

function fieldsOf(parameters: RecordParameters): Partial<Record<StandardField, Uint8Array>> {
  const { request, response, outputText, model, endpoint, outcome = 'complete' } = parameters
  return {
    'request.sha256': sha256(bytes(request)),
    'response.sha256': sha256(bytes(response)),
    ...(outputText === undefined ? {} : { 'output.text.sha256': sha256(utf8(outputText)) }),
    ...(model === undefined ? {} : { 'model.requested': utf8(model) }),
    ...(endpoint === undefined ? {} : { endpoint: utf8(endpoint) }),
    outcome: utf8(outcome),
  }
}

function checked(parameters: RecordParameters) {
  const { modelId, environmentId, servedAt, extensions = {} } = parameters
  if (
    servedAt !== undefined &&
    !(Number.isSafeInteger(servedAt) && servedAt >= 0 && servedAt < 2 ** 48)
  ) {
    throw new InvalidInputError('record', 'servedAt', 'must be Unix milliseconds, below 2^48')
  }
  const most = fieldCounts.most - standardFields.length
  if (Object.keys(extensions).length > most) {
    throw new InvalidInputError('record', 'extensions', `must be ${most} at most`)
  }
  for (const name of Object.keys(extensions)) {
    if (standardFields.includes(name as StandardField)) {
      throw new InvalidInputError('record', `extensions.${name}`, 'is the name of a standard field')
    }
  }
  return {
    ...(modelId === undefined ? {} : { modelId: word(modelId, 'modelId') }),
    ...(environmentId === undefined ? {} : { environmentId: word(environmentId, 'environmentId') }),
    ...(servedAt === undefined ? {} : { servedAt }),
    extensions: Object.entries(extensions).map(([name, value]) => ({ name, value: bytes(value) })),
  }
}
