import { environment } from '../config/environment.ts'
import {
  type RecorderConfig,
  type RecorderOptions,
  resolveConfig,
} from '../config/recorder-config.ts'
import { InvalidConfigError } from '../errors/config.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { type Book, openBook } from '../record/book.ts'
import type { Entry } from '../record/ledger.ts'
import { shareBook } from '../record/shared-book.ts'
import type { CollectedDraft } from './draft-of.ts'
import { type KeptListener, toldJournal } from './told-journal.ts'

/** The recorder's lower half: takes what others have observed. */
export type CollectorBook = Omit<Book, 'take'> & {
  /**
   * Never throws. Resolves with the entry once it is durable; else with whether it was dropped, or waits for a journal that can't be
   * written now: then the listener is told if it is kept after all.
   */
  take(draft: CollectedDraft): Promise<Entry | 'dropped' | 'waiting'>
  /** The journal that is recorded into now. */
  journal(): OpenJournal
}

export type CollectorBookOptions = Omit<
  RecorderOptions,
  'enabled' | 'fetch' | 'shouldRecord' | 'recordInputs' | 'recordOutputs' | 'waitUntil'
> & {
  journal: NonNullable<RecorderOptions['journal']>
  onKept: KeptListener
}

/**
 * Opens a journal to record into, as `createRecorder` does, and takes drafts instead of calls.
 *
 * @throws InvalidConfigError; JournalError if the journal can't be opened: a service that could keep nothing should not start.
 */
export function openCollectorBook({ onKept, ...options }: CollectorBookOptions): CollectorBook {
  let current: OpenJournal | undefined
  let lastError: unknown
  const journal = toldJournal(options.journal, (opened) => (current = opened), onKept)
  const given = resolveConfig({ ...options, enabled: true, journal }, environment())
  if (!given) throw new InvalidConfigError('owner (ASSAY_OWNER)', 'is missing')
  const config: RecorderConfig = {
    ...given,
    onError: (error) => given.onError((lastError = error)),
    onDrop: (error) => given.onDrop((lastError = error)),
  }
  const first = journal(config.place)
  let isFirst = true
  const openFirst: typeof journal = Object.assign((place: typeof config.place) => {
    if (!isFirst) return journal(place)
    isFirst = false
    return first
  }, journal)
  const { book } = shareBook({ ...config, journal: openFirst }, (live) => ({
    book: openBook(live),
  }))
  const { modelId, environmentId } = config
  return {
    ...book,
    take(draft) {
      const { dropped } = book.status()
      const taken = book.take({ modelId, environmentId, servedAt: BigInt(Date.now()), ...draft })
      // What is not let in is counted at once.
      const isDropped = book.status().dropped > dropped
      return taken.then((entry) => entry ?? (isDropped ? 'dropped' : 'waiting'))
    },
    status() {
      const status = book.status()
      return { ...status, lastError: lastError ?? status.lastError }
    },
    journal: () => current ?? first,
  }
}
