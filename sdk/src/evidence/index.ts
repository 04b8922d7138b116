export { EvidenceNotKeptError, type EvidenceFailure } from '../errors/evidence.ts'
export * from '../formats/evidence.ts'
export type {
  EvidenceFormat,
  EvidenceKeeper,
  EvidenceSource,
  FinishedExchange,
} from './evidence-source.ts'
export { providerEvidence, type ProviderEvidenceOptions } from './provider-evidence.ts'
