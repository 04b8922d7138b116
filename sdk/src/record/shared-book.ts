import type { RecorderConfig } from '../config/recorder-config.ts'
import { SettlementTimeoutError } from '../errors/recording.ts'
import type { SettledBatch, SettledTransaction, SignedBatch } from '../settle/submit.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'
import type { JournalPlace } from '../journal/journal.ts'
import type { BatchStore } from '../stores/batch-store.ts'
import { version } from '../version.ts'
import type { Book } from './book.ts'
import { flushAtExit, type Leaving } from './exit-flush.ts'

/** A book that is open, for all recorders of this process that have the same journal. */
type Shared = Leaving & {
  opened: { book: Book }
  /** Of the recorder that was made last. */
  newest: RecorderConfig
  /** Recorders that have not been shut down. */
  holders: number
  close(timeoutMillis: number): Promise<void>
}

const symbol = Symbol.for('@assay/sdk/recorders')

/**
 * Gives a recorder its book, and whatever is to be shared with it. Recorders that have the same journal directory and the same
 * owner, session key and contract share one per process or thread, also when a module is evaluated again or a package is there
 * twice, so that a journal is taken up by those who come later instead of left behind. What is said back (`onError`, `onDrop`,
 * `onReceipt`) and `submit` are those of the newest; limits and delays are those of the first. It closes with its last recorder.
 *
 * @param open - Opens the book of a journal that is not open yet.
 */
export function shareBook<T extends { book: Book }>(
  config: RecorderConfig,
  open: (config: RecorderConfig) => T,
): T {
  const books = openBooks()
  const key = keyOf(config)
  const shared = books.get(key) ?? startShared(config, open, () => books.delete(key))
  books.set(key, shared)
  shared.newest = config
  shared.holders++
  const { book, ...rest } = shared.opened as T
  let closed = false
  const close = async (timeoutMillis: number) => {
    if (closed) return
    closed = true
    if (--shared.holders === 0) await shared.close(timeoutMillis)
  }
  return { ...rest, book: { ...book, close } } as unknown as T
}

/**
 * Books that are open, by what tells them apart. Versions of this package may differ in what they share, so each keeps to its
 * own; their journals are kept apart by locks.
 */
function openBooks(): Map<unknown, Shared> {
  const realm = globalThis as { [symbol]?: Map<string, Map<unknown, Shared>> | undefined }
  const versions = (realm[symbol] ??= new Map<string, Map<unknown, Shared>>())
  const open = versions.get(version)
  if (open) return open
  const books = new Map<unknown, Shared>()
  versions.set(version, books)
  flushAtExit(() => books.values())
  return books
}

function keyOf({ journal, place }: RecorderConfig): unknown {
  const { chainId, inferenceLog, owner, sessionKey } = place
  return journal.directory === undefined
    ? Symbol('a journal of its own')
    : JSON.stringify([journal.directory, chainId, inferenceLog, owner, sessionKey]).toLowerCase()
}

function startShared(
  config: RecorderConfig,
  open: (config: RecorderConfig) => { book: Book },
  onClose: () => void,
): Shared {
  let leaving = new AbortController()

  function abandon(afterMillis: number): void {
    leaving.abort(new SettlementTimeoutError(afterMillis))
    leaving = new AbortController()
  }

  const untilLeaving = <T extends SettledBatch>(settled: T): T => ({
    ...settled,
    signal: anyOf(leaving.signal, settled.signal),
  })

  /** A newer recorder may bring another store, or none. */
  const stoppable = (first: BatchStore): BatchStore => ({
    put(data, dataDigest) {
      const { signal } = leaving
      const store = shared.newest.store ?? first
      return unlessAborted(signal, store.put(data, dataDigest, { signal }))
    },
  })

  const live: RecorderConfig = {
    ...config,
    onError: (error) => shared.newest.onError(error),
    onDrop: (error) => shared.newest.onDrop(error),
    get onReceipt() {
      return shared.newest.onReceipt
    },
    store: config.store && stoppable(config.store),
    submit: Object.assign(
      (signed: SignedBatch) => {
        const { signal } = leaving
        return unlessAborted(signal, shared.newest.submit({ ...signed, signal }))
      },
      {
        isFinal: async (settled: SettledBatch) =>
          (await shared.newest.submit.isFinal?.(untilLeaving(settled))) ?? false,
        isSettled: async (settled: SettledBatch) =>
          (await shared.newest.submit.isSettled?.(untilLeaving(settled))) ?? true,
        isSettledBy: async (settled: SettledTransaction) =>
          (await shared.newest.submit.isSettledBy?.(untilLeaving(settled))) ?? true,
        finalHead: async (place: InferenceLogPlace) =>
          (await shared.newest.submit.finalHead?.(place, leaving.signal)) ?? 0n,
        settledAt: async (settled: SettledBatch) =>
          shared.newest.submit.settledAt?.(untilLeaving(settled)),
        keyExpiresAt: async (place: JournalPlace, signal?: AbortSignal) =>
          shared.newest.submit.keyExpiresAt?.(place, anyOf(leaving.signal, signal)),
        gasPrice: async () => shared.newest.submit.gasPrice?.(leaving.signal),
      },
    ),
  }
  const opened = open(live)
  const { book } = opened
  const shared: Shared = {
    opened,
    newest: config,
    holders: 0,
    flush: () => book.flush(),
    status: () => book.status(),
    abandon,
    get exportTimeoutMillis() {
      return shared.newest.exportTimeoutMillis
    },
    onError: (error) => shared.newest.onError(error),
    async close(timeoutMillis) {
      onClose()
      try {
        await book.close(timeoutMillis)
      } finally {
        // A settlement under way would keep the process alive for nothing: the next run finds it settled, or settles it.
        abandon(shared.newest.exportTimeoutMillis)
      }
    },
  }
  return shared
}

/** Work as it ends, or the signal's reason as soon as it is aborted. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function anyOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other ? AbortSignal.any([signal, other]) : signal
}
