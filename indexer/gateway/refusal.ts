import { BaseError } from '@assay/sdk'

/** Why the gateway answers a request itself, in a word. */
export type RefusalCode =
  | 'answer-too-large'
  | 'batched'
  | 'body-too-large'
  | 'busy'
  | 'forbidden'
  | 'invalid-query'
  | 'malformed'
  | 'method-not-allowed'
  | 'no-token'
  | 'no-upstream'
  | 'catching-up'
  | 'not-found'
  | 'not-indexed'
  | 'offset-too-large'
  | 'page-too-large'
  | 'rate-limited'
  | 'slow-request'
  | 'timed-out'
  | 'too-deep'
  | 'too-many-aliases'
  | 'too-many-headers'
  | 'too-many-rows'
  | 'too-many-fields'
  | 'too-many-tokens'
  | 'too-many-waiting'
  | 'total-count'
  | 'unsupported-type'
  | 'url-too-long'

export type RefusalStatus =
  400 | 401 | 403 | 404 | 405 | 408 | 413 | 414 | 415 | 429 | 431 | 502 | 503 | 504

/** Thrown when a request is not passed on, or nothing could answer it: said to who sent it. */
export class Refusal extends BaseError {
  override name = 'Refusal'
  readonly status: RefusalStatus
  readonly code: RefusalCode
  /** What to do about it. */
  readonly advice: string
  /** Seconds after which it may be worth another try. */
  readonly retryAfter: number | undefined

  constructor(
    status: RefusalStatus,
    code: RefusalCode,
    message: string,
    options: { advice: string; retryAfter?: number; cause?: unknown },
  ) {
    super(message, { metaMessages: [options.advice], cause: options.cause })
    this.status = status
    this.code = code
    this.advice = options.advice
    this.retryAfter = options.retryAfter
  }
}

/** A refusal as plain JSON. */
export function plainAnswer(refusal: Refusal): Response {
  const { code, advice, shortMessage } = refusal
  return Response.json(
    { error: shortMessage, code, advice },
    { status: refusal.status, headers: headersOf(refusal) },
  )
}

/** A refusal in the shape in which GraphQL tells of errors. */
export function graphqlAnswer(
  refusal: Refusal,
  type: string,
  status: number = refusal.status,
): Response {
  const { code, advice, shortMessage } = refusal
  const text = JSON.stringify({ errors: [{ message: shortMessage, extensions: { code, advice } }] })
  const headers = { ...headersOf(refusal), 'content-type': `${type}; charset=utf-8` }
  return new Response(text, { status, headers })
}

function headersOf({ retryAfter }: Refusal): Record<string, string> {
  return retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
}
