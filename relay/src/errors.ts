import { BaseError, type BaseErrorOptions } from '@assay/sdk'
import type { ProblemCode } from './problems.ts'

/** What a relay adds to a refusal, for programs. */
export type RelayErrorOptions = BaseErrorOptions & {
  /** Seconds after which it may be tried again. */
  retryAfter?: number | undefined
  /** Name of the contract's error, if the contract refused. */
  reason?: string | undefined
  /** Next sequence number of the inference log. */
  head?: bigint | undefined
}

/** Parent of all by which a relay refuses: what is wrong, told to who asked. */
export class RelayError extends BaseError {
  override name = 'RelayError'
  readonly code: ProblemCode
  readonly retryAfter: number | undefined
  readonly reason: string | undefined
  readonly head: bigint | undefined

  constructor(code: ProblemCode, shortMessage: string, options: RelayErrorOptions = {}) {
    const { retryAfter, reason, head, ...rest } = options
    super(shortMessage, { docsPath: 'relay.md#refusals', ...rest })
    this.code = code
    this.retryAfter = retryAfter
    this.reason = reason
    this.head = head
  }
}

/** Thrown when a setting of the relay is missing or malformed. */
export class RelaySettingsError extends BaseError {
  override name = 'RelaySettingsError'

  constructor(setting: string, problem: string) {
    super(`Invalid setting: ${setting} ${problem}.`, { docsPath: 'relay.md#settings' })
  }
}
