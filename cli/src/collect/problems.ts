import { BaseError, type BaseErrorOptions } from '@assay/sdk/errors'

/** Every reason for which the collector refuses: its HTTP status, its title, and what helps. */
export const problems = {
  malformed: [400, 'The request is malformed', 'Mend it; the same one is refused again.'],
  'token-needed': [401, 'A token is needed', 'Send `Authorization: Bearer <token>`.'],
  'host-refused': [403, 'The collector is not known by that name', 'Start it with --allow-host.'],
  'origin-refused': [403, 'Pages may not ask the collector', 'Start it with --allow-origin.'],
  'not-found': [404, 'There is no such thing here', 'See docs/collector.md for the addresses.'],
  'method-not-allowed': [405, 'The method does not fit the address', 'See docs/collector.md.'],
  'took-too-long': [408, 'The request took too long to come in', 'Send it again, at once.'],
  'too-large': [413, 'The request is too large', 'Send digests, or fewer records at once.'],
  'wrong-type': [415, 'The content type is not one of a record', 'See docs/collector.md.'],
  'key-reused': [422, 'The idempotency key stands for another record', 'Use each key once.'],
  internal: [500, 'The collector failed', 'Its operator sees why. Send it again.'],
  'queue-full': [503, 'Too much waits to be written', 'Send it again later.'],
  'not-written': [503, 'The journal cannot be written now', 'Send it again with the same key.'],
  'not-settled': [503, 'Settling is stopped by something', 'Nothing is lost. Try again later.'],
  busy: [503, 'The collector is busy', 'Send it again soon.'],
  ending: [503, 'The collector is about to end', 'Send it again to the one that follows.'],
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]>

/** For programs, such as `queue-full`. */
export type ProblemCode = keyof typeof problems

/** What is sent to whoever asked (RFC 9457). */
export type Problem = {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  retryAfter?: number
}

/** Parent of all by which the collector refuses: what is wrong, told to who asked. */
export class CollectorRefusalError extends BaseError {
  override name = 'CollectorRefusalError'
  readonly code: ProblemCode
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined

  constructor(
    code: ProblemCode,
    shortMessage: string,
    { retryAfter, ...options }: BaseErrorOptions & { retryAfter?: number } = {},
  ) {
    super(shortMessage, { docsPath: 'collector.md#refusals', ...options })
    this.code = code
    this.retryAfter = retryAfter ?? (problems[code][0] === 503 ? 1 : undefined)
  }
}

/** A refusal for who asked; of what is no refusal, it says nothing. */
export function problemOf(error: unknown): Problem {
  const known =
    error instanceof CollectorRefusalError
      ? error
      : new CollectorRefusalError('internal', 'Something unforeseen happened.')
  const [status, title, advice] = problems[known.code]
  return {
    type: `/v1/problems/${known.code}`,
    title,
    status,
    detail: `${known.shortMessage} ${known.metaMessages[0] ?? advice}`,
    code: known.code,
    ...(known.retryAfter === undefined ? {} : { retryAfter: known.retryAfter }),
  }
}
