import type { Hex } from 'viem'
import type { WaitUntil } from '../config/wait-until.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { StoredContent } from '../store/content-store.ts'
import type { RecorderStatus as BookStatus } from './book.ts'
import type { RecordParameters } from './record-parameters.ts'

/** An inference that the journal keeps. */
export type RecordedInference = { inferenceId: Hex; sequence: bigint }

/** What became of the inferences of this recorder so far. */
export type RecorderStatus = BookStatus & {
  /** Calls that could not be read or written down, by a failure of the recorder that `onError` was told of. */
  failed: number
}

/** How long to wait, in ms. Default: `exportTimeoutMillis`. */
export type WaitOptions = { timeoutMillis?: number | undefined }

export type CaptureOptions = {
  /** Of the request that the function serves: called as each call begins inside. Default: nothing. */
  waitUntil?: WaitUntil | undefined
}

/** What was recorded while a function ran. */
export type Captured<T> = {
  /** What the function gave. */
  value: T
  /**
   * The inferences of all calls that began inside, in that order. Waits for answers that are still being read; those that are
   * not over in time are left out.
   */
  inferences: (options?: WaitOptions) => Promise<RecordedInference[]>
  /** Their receipts, once they are settled. @throws SettlementTimeoutError */
  receipts: (options?: WaitOptions) => Promise<InferenceReceipt[]>
}

/** Contents of an inference that were kept. */
export type StoredContents = { request?: StoredContent; response?: StoredContent }

/** Records inferences and settles them, with nobody present. */
export type Recorder = {
  /** Whether it records, and is not a stand-in that does nothing. */
  readonly enabled: boolean
  /** Whether `capture` works here: the runtime has an AsyncLocalStorage. */
  readonly canCapture: boolean
  /** As the global `fetch`, but what stands for an inference is recorded. For every client that takes a `fetch`. */
  fetch: typeof fetch
  /**
   * A copy of a client of OpenAI, Azure OpenAI, Anthropic or the like, whose calls are recorded; same class, same options, its
   * own `fetch` in use.
   *
   * @throws UnsupportedClientError if the client has no `fetch` or no `withOptions`.
   *
   * @example
   * const openai = recorder.openai(new OpenAI())
   */
  openai: <C>(client: C) => C
  /**
   * Wraps a server's fetch-handler, so that its answers are recorded in the operator's name. Where the platform hands it a context
   * with `waitUntil` after the request, that is called as each call begins.
   */
  handler: <A extends unknown[]>(
    handler: (request: Request, ...rest: A) => Response | Promise<Response>,
  ) => (request: Request, ...rest: A) => Promise<Response>
  /**
   * Records anything with bytes in and bytes out.
   *
   * @returns The inference once it is durable; undefined if it was dropped, or the recorder is off.
   * @throws InvalidInputError, InvalidConfigError if a parameter is malformed; what a stream given as bytes throws.
   */
  record: (parameters: RecordParameters) => Promise<RecordedInference | undefined>
  /**
   * Runs a function, and ties to it what is recorded inside, across its awaits.
   *
   * @returns Once the function is done; nothing else is waited for.
   * @throws What the function throws; CaptureUnavailableError where the runtime has no AsyncLocalStorage.
   *
   * @example
   * const { value, receipts } = await recorder.capture(() => agent.run())
   */
  capture: <T>(
    run: () => T | PromiseLike<T>,
    options?: CaptureOptions,
  ) => Promise<Captured<Awaited<T>>>
  /**
   * The receipt of a response, a parsed answer, a stream, a result of the AI SDK, a recorded inference or an inference id, once
   * it is settled. What `withResponse()` of a client gave stands for its response.
   *
   * @param of - What the application holds, or a promise of it.
   * @param options - How long to wait.
   * @returns Undefined if nothing was recorded for it, or it is not clear which.
   * @throws SettlementTimeoutError
   */
  receiptOf: (of: unknown, options?: WaitOptions) => Promise<InferenceReceipt | undefined>
  /**
   * Waits until an inference has gone from recorded to settled.
   *
   * @param of - The inference, or its id.
   * @throws SettlementTimeoutError, InferenceNotFoundError if the journal holds no such inference.
   */
  waitForSettlement: (
    of: Hex | { inferenceId: Hex },
    options?: WaitOptions,
  ) => Promise<InferenceReceipt>
  /**
   * Bytes that were kept by `recordInputs` or `recordOutputs`, checked against their digest.
   *
   * @param of - The SHA-256 digest of a content, as 0x and 64 hex digits, or a receipt.
   * @returns Undefined members, or undefined, for what is not kept.
   * @throws ContentStoreError if the store can't be read, or holds other bytes than it should.
   */
  contentOf: {
    (of: Hex): Promise<StoredContent | undefined>
    (of: InferenceReceipt): Promise<StoredContents>
  }
  /** Settles what is recorded now. Rejects with what stops it; nothing is lost then, and it is tried again. */
  flush: () => Promise<void>
  /** Settles what can be settled within `exportTimeoutMillis` and ends. What is left is settled by the next run. */
  shutdown: () => Promise<void>
  status: () => RecorderStatus
  [Symbol.asyncDispose]: () => Promise<void>
}
