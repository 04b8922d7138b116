import { BaseError, type BaseErrorOptions } from '@assay/sdk/errors'

/** Thrown when the command line is not one that the command takes. */
export class UsageError extends BaseError {
  override name = 'UsageError'

  constructor(problem: string, options: BaseErrorOptions = {}) {
    super(problem, { docsPath: 'cli.md', ...options })
  }
}

/** Thrown when a file, standard input or a URL can't be read, or is no text where text is needed. */
export class InputError extends BaseError {
  override name = 'InputError'

  /**
   * @param source - What was to be read, as it may be shown: without credentials.
   * @param problem - Continues "The input ".
   */
  constructor(source: string, problem: string, options: BaseErrorOptions = {}) {
    const { metaMessages = [], ...rest } = options
    super(`The input ${problem}.`, {
      metaMessages: [`Input: ${source}`, ...metaMessages],
      docsPath: 'cli.md#inputs',
      ...rest,
    })
  }
}

/** Thrown when nothing at hand holds a receipt for an inference id. */
export class ReceiptNotFoundError extends BaseError {
  override name = 'ReceiptNotFoundError'

  constructor(inferenceId: string, looked: readonly string[]) {
    super('There is no receipt at hand for this inference.', {
      metaMessages: [`Inference: ${inferenceId}`, ...looked],
      docsPath: 'cli.md#inference-ids',
    })
  }
}

/** Thrown when a file can't be written, or is there already. */
export class OutputError extends BaseError {
  override name = 'OutputError'

  /** @param problem - Continues "The output ". */
  constructor(path: string, problem: string, options: BaseErrorOptions = {}) {
    const { metaMessages = [], ...rest } = options
    super(`The output ${problem}.`, {
      metaMessages: [`File: ${path}`, ...metaMessages],
      docsPath: 'cli.md#outputs',
      ...rest,
    })
  }
}

/** Thrown when another collector takes records into the same directory. */
export class JournalHeldError extends BaseError {
  override name = 'JournalHeldError'

  /** @param pid - Of the process that holds it, if it is known. */
  constructor(directory: string, pid: number | undefined) {
    super(
      pid === undefined
        ? 'Another collector has these journals.'
        : `Another collector has these journals: process ${pid}.`,
      {
        metaMessages: [
          `Journals: ${directory}`,
          'Let the programs ask that one, end it, or name another directory by --journal.',
        ],
        docsPath: 'collector.md#one-collector-a-directory',
      },
    )
  }
}

/** Thrown when an address can't be listened at. */
export class ListenError extends BaseError {
  override name = 'ListenError'

  constructor(host: string, port: number, cause: unknown) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    super(`Nobody can listen at ${host}, port ${port} (${code}).`, {
      cause,
      metaMessages: ['Name another one by --host and --port; port 0 takes any that is free.'],
      docsPath: 'cli.md#collect',
    })
  }
}

/** Thrown when the command itself fails: a mistake of ours. */
export class UnexpectedError extends BaseError {
  override name = 'UnexpectedError'

  constructor(cause: unknown) {
    super('The command failed in a way that it should not. Nothing is said about the input.', {
      cause,
      metaMessages: ['Please report it, with what ASSAY_DEBUG=1 prints.'],
      docsPath: 'cli.md#exit-codes',
    })
  }
}
