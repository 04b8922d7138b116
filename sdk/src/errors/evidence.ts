import { BaseError, type BaseErrorOptions } from './base.ts'

/** Why there is no evidence of an exchange. */
export type EvidenceFailure = 'missing' | 'refused' | 'store' | 'busy'

const failures: Record<EvidenceFailure, string> = {
  missing: 'the provider gave none in time',
  refused: 'what the provider gave does not show this exchange',
  store: 'the store could not take it, or give it back',
  busy: 'too many exchanges wait for theirs',
}

/** Told to `onError` when evidence of an exchange can't be had. The inference itself is recorded all the same. */
export class EvidenceNotKeptError extends BaseError {
  override name = 'EvidenceNotKeptError'
  readonly failure: EvidenceFailure

  constructor(format: string, failure: EvidenceFailure, options: BaseErrorOptions = {}) {
    super(`There is no evidence (${format}) of an exchange: ${failures[failure]}.`, {
      metaMessages: ['The inference is recorded all the same.'],
      docsPath: 'attestation.md#evidence',
      ...options,
    })
    this.failure = failure
  }
}
