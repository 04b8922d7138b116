export { findReceipt, type FindReceiptOptions, type FoundInference } from './find-receipt.ts'
export { readHolder, type JournalHolder } from './read-holder.ts'
export { readJournals, type ReadableJournal } from './read-journals.ts'
