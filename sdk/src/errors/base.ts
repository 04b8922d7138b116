/** What every error of Assay carries beside its message. */
export type BaseErrorOptions = {
  /** The error that led to this one. */
  cause?: unknown
  /** Lines below the message: what was seen, and what to do. */
  metaMessages?: readonly string[]
  /** Page of the documentation, relative to `docs/`. */
  docsPath?: string
}

/**
 * Parent of all errors that Assay throws. `shortMessage` says what is wrong in a sentence; `metaMessages` say what was seen and
 * what to do about it; the `message` joins all of it.
 */
export class BaseError extends Error {
  override name = 'AssayError'
  readonly shortMessage: string
  readonly metaMessages: readonly string[]
  readonly docsPath: string | undefined

  constructor(shortMessage: string, options: BaseErrorOptions = {}) {
    const { cause, metaMessages = [], docsPath } = options
    const details = cause instanceof Error ? firstLine(cause.message).slice(0, 300) : undefined
    super(
      [
        shortMessage,
        ...(metaMessages.length ? ['', ...metaMessages] : []),
        ...(docsPath ? ['', `Docs: docs/${docsPath}`] : []),
        ...(details && !shortMessage.includes(details) ? ['', `Details: ${details}`] : []),
      ].join('\n'),
      cause === undefined ? undefined : { cause },
    )
    this.shortMessage = shortMessage
    this.metaMessages = metaMessages
    this.docsPath = docsPath
  }

  /**
   * The innermost cause, or the first one in the chain that a test accepts.
   *
   * @param accepts - Test of an error; without it the end of the chain is given.
   */
  walk(accepts?: (error: unknown) => boolean): unknown {
    return walk(this, accepts)
  }
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end < 0 ? text : text.slice(0, end)
}

function walk(error: unknown, accepts?: (error: unknown) => boolean): unknown {
  if (accepts?.(error)) return error
  const cause = error instanceof Error ? error.cause : undefined
  if (cause !== undefined) return walk(cause, accepts)
  return accepts ? undefined : error
}
