import { fileJournal, type Journal, type JournalPlace, type RecorderOptions } from '@assay/sdk'
import { type CollectorBook, keyOf, openCollectorBook } from '@assay/sdk/collect'
import type { JournalError } from '@assay/sdk/errors'
import { createApp } from './app.ts'
import { createGuard, type GuardOptions } from './guard.ts'
import { type KeptInferences, openKeptInferences } from './kept-inferences.ts'
import { type CollectorLimits, heldBodies, maxRequests } from './limits.ts'
import { createBodyReader } from './request-body.ts'
import { createRecordTaker } from './take-records.ts'

export type CollectorOptions = {
  place: JournalPlace
  /** Where the journals are. To be held by `holdFolder`, so that no other collector has the same. */
  directory: string
  /** Default: `fileJournal()` in the directory. */
  journal?: Journal | undefined
  limits: CollectorLimits
  guard: GuardOptions
  /** What else the recorder needs: how settlements are made, whom it tells. */
  recorder: Omit<RecorderOptions, 'journal' | 'maxQueueSize'>
  /** Told of a journal that can't be read: the keys in it are not known. */
  onUnread: (error: JournalError) => void
  /** Told of what failed by a mistake of ours. */
  onFailure: (error: unknown) => void
}

/** A recorder behind HTTP. */
export type Collector = {
  /** Answers a request. */
  fetch: (request: Request) => Promise<Response>
  book: CollectorBook
  /** Takes nothing more, and lets go of those who wait for the chain. */
  end: () => void
}

/**
 * Makes a collector.
 *
 * @throws JournalError if the journal can't be opened; InvalidConfigError
 */
export async function createCollector(options: CollectorOptions): Promise<Collector> {
  const { place, directory, limits, onFailure } = options
  const ending = new AbortController()
  const opened: { book?: CollectorBook } = {}
  // What earlier processes took is known before anything is taken.
  const kept: KeptInferences = await openKeptInferences({
    place,
    directory,
    remember: limits.remember,
    own: () => opened.book?.journal(),
    onUnread: options.onUnread,
  })
  const book = openCollectorBook({
    ...options.recorder,
    journal: options.journal ?? fileJournal({ directory }),
    maxQueueSize: limits.maxQueue,
    onKept(record, instance) {
      kept.note(record, instance)
      taker.noteKept(keyOf(record.fields))
    },
  })
  opened.book = book
  const taker = createRecordTaker(book, kept, limits.maxQueue)
  const { maxBodyBytes: maxBytes, maxRecords } = limits
  const app = createApp({
    guard: createGuard(options.guard),
    allowedOrigins: options.guard.allowedOrigins,
    maxRequests,
    records: {
      body: createBodyReader({ maxBytes, maxHeldBytes: heldBodies * maxBytes }),
      taker,
      maxRecords,
      maxBytes,
      onFailure,
    },
    inferences: { kept, book, directory, ending: ending.signal },
    status: { book, place, limits, waiting: taker.waiting, isStalled: taker.isStalled },
    ending: ending.signal,
    onFailure,
  })
  return {
    fetch: async (request) => app.fetch(request),
    book,
    end: () => ending.abort(),
  }
}
