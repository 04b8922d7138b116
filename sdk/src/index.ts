export { fileContentStore, fileJournal } from '#journals'
export * from './actions/index.ts'
export { type Deployment, deploymentOf } from './config/deployment.ts'
export { recorderDefaults, type RecorderOptions } from './config/recorder-config.ts'
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
export type { ContentKind, KeepOptions } from './record/content-keeper.ts'
export { assayMiddleware, type AssayMiddlewareOptions } from './record/language-model-middleware.ts'
export type { Bytes, RecordParameters } from './record/record-parameters.ts'
export { createRecorder } from './record/recorder.ts'
export { settleByOwner, type SettleByOwnerOptions } from './record/settle-by-owner.ts'
export type { WaitUntil } from './config/wait-until.ts'
export type {
  Captured,
  CaptureOptions,
  StoredContents,
  RecordedInference,
  Recorder,
  RecorderStatus,
  WaitOptions,
} from './record/recorder-type.ts'
export { isInferenceRequest, type RequestInfo } from './record/should-record.ts'
export type { ModeChoice, SettlementMode } from './settle/batch-mode.ts'
export { urlsOf } from './settle/endpoints.ts'
export type { Finality } from './settle/finality.ts'
export { direct, type DirectOptions } from './settle/direct.ts'
export { relay, type RelayOptions } from './settle/relay.ts'
export type { SettledBatch, SignedBatch, Submit } from './settle/submit.ts'
export {
  type AnySignedCall,
  callTypedData,
  formatSignedCall,
  parseSignedCall,
  type SignedCall,
} from './relay/signed-call.ts'
export type { SignedCallArguments, SignedCallKind } from './relay/signed-calls.ts'
export type { ContentStore, NewContent, StoredContent } from './store/content-store.ts'
export type { FileContentStoreOptions } from './store/file-content-store.ts'
export * from './verify/index.ts'
export * from './query/index.ts'
