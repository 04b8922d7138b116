import type { Hex } from 'viem'
import { environment } from '../config/environment.ts'
import {
  isEnabled,
  type RecorderConfig,
  type RecorderOptions,
  resolveConfig,
  word,
} from '../config/recorder-config.ts'
import { guarded } from '../config/guarded.ts'
import { InferenceNotFoundError, SettlementTimeoutError } from '../errors/recording.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { StoredContent } from '../store/content-store.ts'
import { canScope } from './capture.ts'
import { createContentKeeper } from './content-keeper.ts'
import { disabledRecorder } from './disabled-recorder.ts'
import { createMessageDigests } from './message-digests.ts'
import { aroundGlobal } from './plain-fetch.ts'
import { recordedClient } from './recorded-client.ts'
import type {
  Captured,
  CaptureOptions,
  StoredContents,
  RecordedInference,
  Recorder,
  WaitOptions,
} from './recorder-type.ts'
import { createRecordings, openRecords } from './recordings.ts'
import { type HookOptions, recordingFetch, recordingHandler } from './recording-fetch.ts'
import { shareBook } from './shared-book.ts'
import { within } from './within.ts'

/**
 * Makes a recorder. Without options it is configured by ASSAY_* variables; with nothing configured it does nothing, and says so
 * once a process.
 *
 * @throws InvalidConfigError if a setting is malformed. After that, nothing that goes wrong here ever reaches a call.
 *
 * @example
 * const recorder = createRecorder()
 * const openai = new OpenAI({ fetch: recorder.fetch })
 */
export function createRecorder(options: RecorderOptions = {}): Recorder {
  const env = environment()
  const config = resolveConfig(options, env)
  if (config) return startRecorder(config)
  if (isEnabled(options, env)) warnOnce()
  return disabledRecorder(options.fetch)
}

const warned = Symbol.for('assay.warned')

function warnOnce(): void {
  // On the global object, since a process may load this module more than once.
  const process = globalThis as { [warned]?: boolean }
  if (process[warned]) return
  process[warned] = true
  console.warn(
    'assay: nothing is recorded: ASSAY_OWNER and ASSAY_SESSION_KEY are not set (ASSAY_ENABLED=false silences this).',
  )
}

const minCloseMillis = 1_000

function startRecorder(given: RecorderConfig): Recorder {
  let lastError: unknown
  const config: RecorderConfig = {
    ...given,
    onError: (error) => given.onError((lastError = error)),
    onDrop: (error) => given.onDrop((lastError = error)),
  }
  const shared = shareBook(config, openRecords)
  const { book, tally } = shared
  const { store, rules } = config.contents
  const contents = createContentKeeper(store, rules, config.onError)
  const recordings = createRecordings(config, shared, contents)
  const { request, response } = contents.maxBytes
  const hooks: HookOptions = {
    shouldRecord: config.shouldRecord,
    begin: recordings.begin,
    keep: {
      request: request > 0,
      response: response > 0,
      maxBytes: Math.max(request, response),
    },
    digestMessages: config.commitMessages ? createMessageDigests(config.onError) : undefined,
    onError: recordings.fail,
  }
  const made = new WeakSet<typeof fetch>()
  const wait = config.exportTimeoutMillis

  function recordAround(send: typeof fetch): typeof fetch {
    const recording = recordingFetch(send, hooks)
    made.add(recording)
    return recording
  }

  async function receipt(of: unknown, { timeoutMillis = wait }: WaitOptions = {}) {
    const start = performance.now()
    const found = await within(timeoutMillis, recordings.identify(of))
    const left = Math.max(1, timeoutMillis - (performance.now() - start))
    const made = found && (await book.receipt(found, left))
    return made && config.evidence ? config.evidence.attach(made) : made
  }

  async function capture<T>(
    run: () => T | PromiseLike<T>,
    { waitUntil }: CaptureOptions = {},
  ): Promise<Captured<Awaited<T>>> {
    const { value, items } = recordings.capture(run, waitUntil && guarded(waitUntil))
    const inferences = async ({ timeoutMillis = wait }: WaitOptions = {}) => {
      const found: (RecordedInference | undefined)[] = []
      const all = items.map(async (item, i) => (found[i] = await item.recorded))
      await within(timeoutMillis, Promise.all(all)).catch((error: unknown) => {
        if (!(error instanceof SettlementTimeoutError)) throw error
      })
      return found.filter((it) => it !== undefined)
    }
    return {
      value: await value,
      inferences,
      async receipts(options) {
        const receipts = (await inferences(options)).map((it) => receipt(it, options))
        return (await Promise.all(receipts)).filter((it) => it !== undefined)
      },
    }
  }

  async function contentOf(of: Hex): Promise<StoredContent | undefined>
  async function contentOf(of: InferenceReceipt): Promise<StoredContents>
  async function contentOf(of: Hex | InferenceReceipt) {
    await bounded(contents.idle())
    if (typeof of === 'string') return store.get(word(of, 'digest'))
    const find = (name: string) => {
      const digest = of.fields.opened.find((field) => field.name === name)?.value
      return digest && digest !== '0x' ? store.get(word(digest, name)) : undefined
    }
    const [request, response] = [await find('request.sha256'), await find('response.sha256')]
    return { ...(request && { request }), ...(response && { response }) }
  }

  /** Waits, but no longer than for a settlement. */
  async function bounded(work: Promise<void>): Promise<void> {
    await within(wait, work).catch(() => undefined)
  }

  async function flush(): Promise<void> {
    await bounded(recordings.gathered())
    await book.flush()
    await bounded(contents.idle())
    await config.evidence?.idle()
  }

  async function shutdown(): Promise<void> {
    const start = performance.now()
    await within(wait, flush()).catch(config.onError)
    // A disk that hangs must not keep a process from ending. One that works gets a second, however long the chain has taken.
    const left = Math.max(minCloseMillis, wait - (performance.now() - start))
    await book.close(left).catch(config.onError)
  }

  return {
    enabled: true,
    canCapture: canScope(),
    fetch: config.fetch ? recordAround(config.fetch) : aroundGlobal(recordAround),
    openai: (client) => recordedClient(client, recordAround, (send) => made.has(send)),
    handler: (handler) => recordingHandler(handler, hooks),
    record: recordings.record,
    capture,
    receiptOf: receipt,
    async waitForSettlement(of, options) {
      const inferenceId = word(typeof of === 'string' ? of : of.inferenceId, 'inferenceId')
      const found = await receipt({ inferenceId }, options)
      if (!found) throw new InferenceNotFoundError(inferenceId)
      return found
    },
    contentOf,
    flush,
    shutdown,
    status: () => {
      const status = book.status()
      return { ...status, ...tally, lastError: lastError ?? status.lastError }
    },
    [Symbol.asyncDispose]: shutdown,
  }
}
