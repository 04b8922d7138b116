export { fileJournal } from '#journals'
export * from './actions/index.ts'
export { type Deployment, deploymentOf } from './config/deployment.ts'
export type { RecorderOptions } from './config/recorder-config.ts'
export * from './errors/index.ts'
export * from './formats/index.ts'
export type { FileJournalOptions } from './journal/file-journal.ts'
export type {
  InferenceRecord,
  Journal,
  JournalPlace,
  JournalState,
  OpenJournal,
  SettledRecord,
  SignedRecord,
} from './journal/journal.ts'
export { memoryJournal } from './journal/memory-journal.ts'
export type { RecorderStatus } from './record/book.ts'
export {
  createRecorder,
  type RecordedInference,
  type Recorder,
  type RecordParameters,
} from './record/recorder.ts'
export { isInferenceRequest, type RequestInfo } from './record/should-record.ts'
export { direct, type DirectOptions } from './settle/direct.ts'
export type { SettledBatch, SignedBatch, Submit } from './settle/submit.ts'
export * from './verify/index.ts'
export * from './query/index.ts'
