/**
 * Base of every error that the example throws on purpose, so that one `instanceof` tells a known
 * failure from a programming mistake.
 */
export class QuickstartError extends Error {
  /** Stable, machine-readable reason, for example `invalid_transaction`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A model file is missing, unreadable or does not have the layout the code was written for. */
export class ModelFileError extends QuickstartError {
  /** Path of the file in question. */
  readonly path: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super('invalid_model_file', `${path}: ${problem}`, options)
    this.path = path
  }
}

/** A transaction cannot be scored because one of its fields is missing or out of range. */
export class InvalidTransactionError extends QuickstartError {
  /** Name of the offending field, or `transaction` if the value as a whole is not an object. */
  readonly field: string

  constructor(field: string, problem: string) {
    super('invalid_transaction', `${field}: ${problem}`)
    this.field = field
  }
}

/** A generation option such as the temperature is out of range. */
export class InvalidGenerationOptionError extends QuickstartError {
  /** Name of the offending option. */
  readonly option: string

  constructor(option: string, problem: string) {
    super('invalid_generation_option', `${option}: ${problem}`)
    this.option = option
  }
}

/** The caller's `AbortSignal` fired while tokens were still being generated. */
export class GenerationAbortedError extends QuickstartError {
  constructor(reason: unknown) {
    super('generation_aborted', 'the generation was aborted by its caller', { cause: reason })
  }
}
