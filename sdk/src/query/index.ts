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
export { watchInferences, type WatchInferencesParameters } from './watchInferences.ts'
