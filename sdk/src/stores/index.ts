export {
  BatchDataUnavailableError,
  BatchStoreError,
  type StoreProblem,
  type UnavailableReason,
} from '../errors/store.ts'
export {
  batchDataHandler,
  type BatchDataHandlerOptions,
  type GivenBatch,
} from './batch-data-handler.ts'
export type {
  BatchStore,
  ReadableBatchStore,
  StoreCallOptions,
  StoredBatch,
  StoreGetOptions,
} from './batch-store.ts'
export { bearerToken } from './bearer-token.ts'
export { fetchBatchData, type FetchBatchDataOptions } from './fetch-batch-data.ts'
export { fileStore, type FileStoreOptions } from './file-store.ts'
export { httpStore, type HttpStoreOptions } from './http-store.ts'
export { ipfsStore, type IpfsStoreOptions } from './ipfs-store.ts'
export type {
  Presign,
  PresignedRequest,
  PresignRequest,
  S3Credentials,
  S3CredentialsSource,
} from './s3-credentials.ts'
export { s3Store, type S3StoreOptions } from './s3-store.ts'
export type { StoreRequestOptions } from './sender.ts'
