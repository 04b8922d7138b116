import { builtin } from '../crypto/node.ts'
import type { JournalError } from '../errors/journal.ts'
import { fileJournal } from './file-journal.ts'
import type { Journal } from './journal.ts'
import { volatileJournal } from './memory-journal.ts'

export { defaultContentStore } from '../store/default-content-store.ts'
export { fileContentStore } from '../store/file-content-store.ts'
export { fileJournal }

/** The journal of a recorder that names none: on disk, and in memory where the runtime turns out to have no disk. */
export function defaultJournal(tell: (warning: JournalError) => void): Journal {
  return builtin('node:fs') ? fileJournal() : volatileJournal(tell)
}
