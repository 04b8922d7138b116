import { BaseError, type BaseErrorOptions } from '@assay/sdk/errors'

/** Thrown when a file holds no signature of a model, or a key, certificate or trusted root can't be read: nothing was checked. */
export class InvalidSignatureInputError extends BaseError {
  override name = 'InvalidSignatureInputError'

  /** @param problem - A sentence without its full stop. */
  constructor(problem: string, options: BaseErrorOptions = {}) {
    super(`${problem}.`, { docsPath: 'models.md#signatures', ...options })
  }
}

/**
 * Why a signature does not hold: it is of another kind than what it was to be checked by; by another key or identity; of other
 * bytes; its certificate does not lead to a trusted one, does not hold, or did not at that time; no trusted clock says when it was
 * made; the log does not know it; or what was signed is no model, contradicts itself, or was hashed in a way that is not supported.
 */
export type SignatureProblem =
  | 'other-kind'
  | 'other-key'
  | 'other-identity'
  | 'bad-signature'
  | 'untrusted'
  | 'bad-certificate'
  | 'expired'
  | 'no-timestamp'
  | 'not-logged'
  | 'no-model'
  | 'inconsistent'
  | 'unsupported'

/** Thrown when a signature of a model does not hold. */
export class ModelSignatureError extends BaseError {
  override name = 'ModelSignatureError'
  readonly code: SignatureProblem

  /** @param problem - Continues "The signature ". */
  constructor(code: SignatureProblem, problem: string, options: BaseErrorOptions = {}) {
    super(`The signature ${problem}.`, { docsPath: 'models.md#signatures', ...options })
    this.code = code
  }
}
