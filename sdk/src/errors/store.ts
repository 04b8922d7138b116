import { BaseError, type BaseErrorOptions } from './base.ts'

/**
 * Why batch data was not kept, or can't be had from its store: `unavailable` may pass, and was tried again before it was told; `refused`
 * does not pass by itself; `altered`: what the store gives back are other bytes.
 */
export type StoreProblem = 'unavailable' | 'timed-out' | 'refused' | 'altered'

/** What is known of a failure at a store. Places and causes hold no secret: no query, no user info, no header. */
export type StoreErrorOptions = BaseErrorOptions & {
  /** HTTP status, where there was an answer. */
  status?: number | undefined
}

/** Thrown when a store does not keep batch data, or does not give it back. */
export class BatchStoreError extends BaseError {
  override name = 'BatchStoreError'
  readonly problem: StoreProblem
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined

  constructor(
    problem: StoreProblem,
    where: string,
    description: string,
    { status, metaMessages = [], ...options }: StoreErrorOptions = {},
  ) {
    super(`The store of batch data ${description}.`, {
      metaMessages: [`Place: ${where}`, ...metaMessages],
      docsPath: 'stores.md#when-a-store-fails',
      ...options,
    })
    this.problem = problem
    this.status = status
  }
}

/** Why batch data can't be had from a URI. */
export type UnavailableReason =
  | 'not-allowed'
  | 'not-found'
  | 'refused'
  | 'unreachable'
  | 'timed-out'
  | 'redirects'
  | 'too-large'
  | 'other-data'

/** Thrown when a URI does not give the batch data that a digest speaks of. */
export class BatchDataUnavailableError extends BaseError {
  override name = 'BatchDataUnavailableError'
  readonly reason: UnavailableReason

  constructor(
    reason: UnavailableReason,
    where: string,
    description: string,
    { metaMessages = [], ...options }: BaseErrorOptions = {},
  ) {
    super(`The batch data can't be had: ${description}.`, {
      metaMessages: [`URI: ${where}`, ...metaMessages],
      docsPath: 'stores.md#reading',
      ...options,
    })
    this.reason = reason
  }
}
