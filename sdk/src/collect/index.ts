export { draftOf, type CollectedDraft } from './draft-of.ts'
export { holdFolder } from './hold-folder.ts'
export { isSame } from './is-same.ts'
export { keyOf } from './key-field.ts'
export { type CollectorBook, type CollectorBookOptions, openCollectorBook } from './open-book.ts'
export {
  type CollectedContent,
  type CollectedRecord,
  parseCollectedRecord,
} from './parse-record.ts'
export type { KeptListener } from './told-journal.ts'
export type { Entry } from '../record/ledger.ts'
