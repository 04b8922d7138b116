import { ContentStoreError } from '../errors/content.ts'
import { JournalError } from '../errors/journal.ts'
import type { ContentStore } from '../store/content-store.ts'
import type { FileContentStoreOptions } from '../store/file-content-store.ts'
import type { FileJournalOptions } from './file-journal.ts'
import type { Journal } from './journal.ts'
import { volatileJournal } from './memory-journal.ts'

/**
 * Stands in for the journal on disk in runtimes of the edge and in browsers.
 *
 * @throws JournalError always.
 */
export function fileJournal(options: FileJournalOptions = {}): Journal {
  throw new JournalError(options.directory ?? '.assay/journal', 'needs a disk', {
    metaMessages: ['This runtime has none. Use `memoryJournal()`, which says what it loses.'],
    docsPath: 'runtimes.md',
  })
}

/** The journal of a recorder that names none. */
export const defaultJournal: (tell: (warning: JournalError) => void) => Journal = volatileJournal

/** Stands in for the content store on disk: it keeps nothing, and says so. */
export function fileContentStore({ directory }: FileContentStoreOptions = {}): ContentStore {
  const where = directory ?? '.assay/content'
  const refuse = () => Promise.reject(new ContentStoreError(where, 'needs a file system'))
  return { put: refuse, get: refuse }
}

/** The content store of a recorder that names none. */
export const defaultContentStore = (): ContentStore => fileContentStore()
