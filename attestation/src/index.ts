export { readAciReport } from './aci/aci-report.ts'
export type { AciBinding, BoundAciKeyset } from './aci/bound-keyset.ts'
export type { AciKeyset } from './aci/keyset.ts'
export { type AciRule, aciRules } from './aci/rules.ts'
export { attestationReader, type AttestationReaderOptions } from './attestation-reader.ts'
export {
  archiveDigestOf,
  type AttestationArchive,
  encodeArchive,
  maxArchiveBytes,
  readArchive,
} from './archive/archive.ts'
export { InvalidArchiveError } from './archive/errors.ts'
export { inspectArchive, type Inspected, kindOfDocument } from './archive/inspect-archive.ts'
export { type ArchiveOptions, type ArchiveReport, verifyArchive } from './archive/verify-archive.ts'
export { checkEnvironment, type KeyHolder, nitroPublicKeyOf, reportDataOf } from './environment.ts'
export { AttestationRefusedError, InvalidAttestationOptionsError } from './judging/errors.ts'
export type { AttestationOptions } from './judging/options.ts'
export type { AttestationReport } from './judging/report.ts'
export {
  type AttestationKind,
  type AttestationRule,
  type ChainRule,
  chainRules,
  type EnvironmentRule,
  environmentRules,
} from './judging/rules.ts'
