export {
  createIndexerClient,
  type IndexedChain,
  type IndexerClient,
  type IndexerClientOptions,
} from './client.ts'
export {
  IndexerContradictedError,
  IndexerResponseError,
  IndexerUnreachableError,
} from './errors.ts'
export {
  findInferences,
  type FindInferencesParameters,
  type FoundInference,
} from './findInferences.ts'
export * from './getIndexedModel.ts'
export * from './getIndexedSettlements.ts'
export * from './getInference.ts'
export { getInferenceProof, type InferenceProof } from './getInferenceProof.ts'
export { getInferenceState, type InferenceState } from './getInferenceState.ts'
export { getStats, type ChainStats, type GetStatsParameters } from './getStats.ts'
export { itemsOf } from './pages.ts'
export {
  getIndexedRow,
  getIndexedRows,
  type GetIndexedRowsParameters,
  type IndexerFilter,
  type IndexerRow,
  type IndexerTable,
  type Page,
  type PageParameters,
  type VerifyParameters,
} from './rows.ts'
export type { OwnerSettlement, OwnerVerdict } from './ownerEvent.ts'
export type { OwnerEvent } from './toldEvents.ts'
export { watchInferences, type WatchInferencesParameters } from './watchInferences.ts'
export { watchOwnerEvents, type WatchOwnerEventsParameters } from './watchOwnerEvents.ts'
