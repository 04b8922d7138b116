import { BaseError, type BaseErrorOptions } from './base.ts'
import { printable } from './printable.ts'

/** Thrown when a value from outside has not the form that its format asks for. */
export class InvalidInputError extends BaseError {
  override name = 'InvalidInputError'
  /** Where in the input, such as `batch.count`; empty for the whole. Names that come from the input are shortened and escaped. */
  readonly path: string

  constructor(what: string, path: string, problem: string, options: BaseErrorOptions = {}) {
    const shown = printable(path)
    super(`Invalid ${what}: ${shown ? `\`${shown}\`` : 'it'} ${problem}.`, options)
    this.path = shown
  }
}

/** Thrown when a receipt is malformed: it says nothing, true or false, about an inference. */
export class InvalidReceiptError extends InvalidInputError {
  override name = 'InvalidReceiptError'

  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    super('receipt', path, problem, { docsPath: 'protocol.md#receipt', ...options })
  }
}

/** Thrown when batch data is malformed. */
export class InvalidBatchDataError extends InvalidInputError {
  override name = 'InvalidBatchDataError'

  constructor(problem: string, options: BaseErrorOptions = {}) {
    super('batch data', '', problem, { docsPath: 'protocol.md#batch-data', ...options })
  }
}

/** Thrown when a policy is malformed: nothing is judged by half of one. */
export class InvalidPolicyError extends InvalidInputError {
  override name = 'InvalidPolicyError'

  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    super('policy', path, problem, { docsPath: 'policies.md', ...options })
  }
}

/** Thrown when bytes are no COSE receipt as `exportCoseReceipt` makes them. */
export class InvalidCoseReceiptError extends InvalidInputError {
  override name = 'InvalidCoseReceiptError'

  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    super('COSE receipt', path, problem, { docsPath: 'cose.md', ...options })
  }
}

/** Thrown when a proof of equivocation is malformed. */
export class InvalidEquivocationError extends InvalidInputError {
  override name = 'InvalidEquivocationError'

  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    super('proof of equivocation', path, problem, {
      docsPath: 'protocol.md#equivocation',
      ...options,
    })
  }
}

/** Thrown when a bundle of receipts is malformed, or cut off. */
export class InvalidBundleError extends InvalidInputError {
  override name = 'InvalidBundleError'

  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    super('bundle', path, problem, { docsPath: 'protocol.md#bundle', ...options })
  }
}

/** Thrown when a statement of attesters is malformed. */
export class InvalidStatementError extends InvalidInputError {
  override name = 'InvalidStatementError'

  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    super('statement', path, problem, {
      docsPath: 'protocol.md#statements-of-attesters',
      ...options,
    })
  }
}
