export * from './errors.ts'
export {
  findModelFiles,
  type FindOptions,
  type FoundFiles,
  type ModelFile,
} from './files/find-model-files.ts'
export type { FileStats } from './files/file-stats.ts'
export * from './hash-model.ts'
export { cacheDirectory } from './hashing/cache-directory.ts'
export { type HashCache, openHashCache } from './hashing/hash-cache.ts'
export * from './signing-root.ts'
export type { Finding, FindingKind } from './findings/finding.ts'
export { inspectModel } from './findings/inspect-model.ts'
export * from './compare/compare-files.ts'
export { parseManifest } from './compare/parse-manifest.ts'
export * from './signature/check-model-signature.ts'
export type { SigstoreTrust } from './signature/check-by-sigstore.ts'
export type { SignedModel } from './signature/read-statement.ts'
export { maxBundleLength } from './signature/read-bundle.ts'
export * from './signature/signature-error.ts'
