import { BaseError } from './base.ts'
import type { VerificationReport } from '../verify/report.ts'

/** Thrown when endpoints that have to agree do not. */
export class EndpointsDisagreeError extends BaseError {
  override name = 'EndpointsDisagreeError'

  constructor(endpoints: readonly string[], method: string) {
    super(`The endpoints ${endpoints.join(', ')} answer differently to ${method}.`, {
      metaMessages: ['One of them is wrong, or behind a reorganization. Ask another one.'],
      docsPath: 'policies.md#endpoints',
    })
  }
}

/** Thrown when an endpoint does not know a block that others have known for long, so that what it says may be over. */
export class EndpointBehindError extends BaseError {
  override name = 'EndpointBehindError'

  /** @param seconds - For how long the others know the block, at least. */
  constructor(endpoint: string, blockNumber: bigint, seconds: bigint) {
    super(
      `The endpoint ${endpoint} does not know of block ${blockNumber}, which others have had for more than ${seconds} s.`,
      {
        metaMessages: [
          'It is behind, or hides what happened since. Try again later, or ask another one.',
        ],
        docsPath: 'policies.md#endpoints',
      },
    )
  }
}

/** Thrown when the chain was reorganized while it was read. */
export class ChainReorganizedError extends BaseError {
  override name = 'ChainReorganizedError'

  constructor(blockNumber: bigint) {
    super(`Block ${blockNumber} was replaced while the chain was read.`, {
      metaMessages: ['Try again, or ask for more confirmations in the policy.'],
      docsPath: 'policies.md#finality',
    })
  }
}

/** Thrown when an endpoint says of an id what doesn't give that id. */
export class ForgedAnswerError extends BaseError {
  override name = 'ForgedAnswerError'

  constructor(what: 'model' | 'environment', id: string) {
    super(`What the endpoint says of the ${what} does not give its id ${id}.`, {
      metaMessages: ['The endpoint lies, or the policy names another contract. Ask another one.'],
      docsPath: 'policies.md#endpoints',
    })
  }
}

/** Thrown by `assertReceipt` for a report that is not `verified`. */
export class ReceiptNotVerifiedError extends BaseError {
  override name = 'ReceiptNotVerifiedError'
  /** `refuted`: something is shown to be false. `unknown`: something that is required is not shown. */
  readonly status: 'refuted' | 'unknown'
  readonly report: VerificationReport

  constructor(report: VerificationReport) {
    const status = report.status === 'refuted' ? 'refuted' : 'unknown'
    super(
      status === 'refuted'
        ? `The receipt of ${report.inferenceId} is refuted.`
        : `Not all that the policy requires is shown by the receipt of ${report.inferenceId}.`,
      {
        metaMessages: report.checks
          .filter((check) => check.status === status)
          .map((check) => `${check.name}: ${check.reason}${check.raise ? ` ${check.raise}` : ''}`),
        docsPath: 'what-is-not-proven.md',
      },
    )
    this.status = status
    this.report = report
  }
}

const noEquivocation = {
  otherLog: 'The receipts are of different inference logs.',
  otherPlace: 'The receipts are of different places in the inference log.',
  sameStatement: 'Both statements put the same inference at the place.',
  notIncluded: 'An inference is not in its batch at the place.',
  notSigned: 'A batch is signed by neither the session key nor the owner, by their plain keys.',
  otherSigner: 'The statements are by different keys.',
} as const

/** Why two statements are no equivocation. */
export type NoEquivocationCode = keyof typeof noEquivocation

/** Thrown when two receipts do not contradict each other, so that nothing can be proven against anybody. */
export class NoEquivocationError extends BaseError {
  override name = 'NoEquivocationError'
  readonly code: NoEquivocationCode

  constructor(code: NoEquivocationCode) {
    super(noEquivocation[code], { docsPath: 'protocol.md#equivocation' })
    this.code = code
  }
}
