import { BaseError, type BaseErrorOptions } from './base.ts'

/** Why a transaction was not sent. */
export type NotSentReason = 'fee-above-ceiling' | 'busy' | 'short-of-funds'

const advice: Record<NotSentReason, string> = {
  'fee-above-ceiling': 'It is tried again; fees fall, or `maxFeePerGas` and `maxCost` allow more.',
  busy: 'It is tried again.',
  'short-of-funds': 'Send coins to the account that pays, or settle by a relay (docs/relay.md).',
}

/** Thrown when a transaction was not sent, and nothing was paid. */
export class TransactionNotSentError extends BaseError {
  override name = 'TransactionNotSentError'
  readonly reason: NotSentReason
  /** Seconds after which it may be tried again; undefined: somebody has to do something first. */
  readonly retryAfter: number | undefined

  constructor(
    reason: NotSentReason,
    shortMessage: string,
    { retryAfter, ...options }: BaseErrorOptions & { retryAfter?: number } = {},
  ) {
    super(shortMessage, { metaMessages: [advice[reason]], docsPath: 'errors.md', ...options })
    this.reason = reason
    this.retryAfter = retryAfter
  }
}
