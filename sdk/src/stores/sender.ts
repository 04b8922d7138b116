import { printable } from '../errors/printable.ts'
import { BatchStoreError } from '../errors/store.ts'
import { readBounded } from './bounded-body.ts'
import { pause, timeLimit } from './time-limit.ts'

/** How a store asks its server. */
export type StoreRequestOptions = {
  /** For runtimes that go out by another one. Default: the runtime's `fetch`. */
  fetch?: typeof fetch | undefined
  /** How long one request may take, its answer included, in ms. Default: 30,000. */
  timeoutMillis?: number | undefined
  /** How often a request that found nobody, or a server that was busy or broken, is tried again. Default: 3. */
  retryCount?: number | undefined
  /** Longest wait before the first further try, in ms; doubled with each, with full jitter, up to 10 s. Default: 250. */
  retryDelayMillis?: number | undefined
}

/** A request of a store. */
export type StoreRequest = {
  url: URL
  method: 'GET' | 'PUT' | 'POST'
  headers?: Record<string, string> | undefined
  body?: Uint8Array<ArrayBuffer> | FormData | undefined
}

/** What a server answered. */
export type StoreAnswer = {
  status: number
  headers: Headers
  /** As many bytes of the body as were asked for. */
  body: Uint8Array
  /** Whether there were more. */
  tooLarge: boolean
}

/** How one request is bounded. */
export type SendLimits = {
  /** The place, as errors show it. */
  where: string
  signal?: AbortSignal | undefined
  /** Of the answer. */
  maxBytes: number
  /** Statuses that are an answer from this server, though they mean passing trouble elsewhere. Default: none. */
  answers?: readonly number[] | undefined
}

/**
 * Sends a request, again where that helps. All that stores send may be sent twice: what is kept stands under its own digest.
 *
 * @param make - Makes the request, for each try: a signature has a time.
 * @returns The answer, whatever its status, unless that says that a later try may do better and there are none left.
 * @throws BatchStoreError; the signal's reason.
 */
export type Send = (make: MakeRequest, limits: SendLimits) => Promise<StoreAnswer>

type MakeRequest = () => StoreRequest | Promise<StoreRequest>

/** Statuses that say nothing against the request: too slow, too early, too many, and all that is the server's own trouble. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504])
const longestDelay = 10_000

export function createSender(options: StoreRequestOptions): Send {
  const { timeoutMillis = 30_000, retryCount = 3, retryDelayMillis = 250 } = options
  const fetch = options.fetch ?? globalThis.fetch

  async function attempt(make: MakeRequest, limits: SendLimits): Promise<StoreAnswer> {
    const limit = timeLimit(timeoutMillis, limits.signal)
    try {
      const { url, method, headers = {}, body } = await limit.race(made(make, limits))
      // Followed, a redirect would take what is secret in the headers elsewhere.
      const init: RequestInit = { method, headers, redirect: 'manual', signal: limit.signal }
      const response = await limit.race(fetch(url, body ? { ...init, body } : init))
      const { bytes, tooLarge } = await limit.race(readBounded(response.body, limits.maxBytes))
      return { status: response.status, headers: response.headers, body: bytes, tooLarge }
    } catch (error) {
      limits.signal?.throwIfAborted()
      if (error instanceof BatchStoreError) throw error
      throw limit.timedOut()
        ? new BatchStoreError('timed-out', limits.where, `does not answer in ${timeoutMillis} ms`)
        : withoutCause(limits.where, 'cannot be reached', error)
    } finally {
      limit.end()
    }
  }

  return async (make, limits) => {
    const { where, signal, answers = [] } = limits
    for (let tries = 0; ; tries++) {
      let wait = 0
      try {
        const answer = await attempt(make, limits)
        const { status } = answer
        if (!passing.has(status) || answers.includes(status)) return answer
        if (tries >= retryCount) throw busy(where, status)
        wait = retryAfter(answer.headers)
      } catch (error) {
        const passes = error instanceof BatchStoreError && error.problem !== 'refused'
        if (!passes || tries >= retryCount) throw error
      }
      // Full jitter: spread over the whole time, so that many that failed together don't come back together.
      const delay = Math.random() * Math.min(longestDelay, retryDelayMillis * 2 ** tries)
      await pause(Math.max(delay, wait), signal)
    }
  }
}

/** A request; whoever has to sign it may be out of reach, too. */
async function made(make: MakeRequest, { where }: SendLimits): Promise<StoreRequest> {
  try {
    return await make()
  } catch (error) {
    if (error instanceof BatchStoreError) throw error
    throw withoutCause(where, 'cannot be asked, since its request was not signed', error)
  }
}

/** How long the server asks to wait, in ms: the seconds of `Retry-After` (RFC 9110, section 10.2.3), within reason. */
function retryAfter(headers: Headers): number {
  const value = headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(value) ? Math.min(longestDelay, Number(value) * 1000) : 0
}

function busy(where: string, status: number): BatchStoreError {
  return new BatchStoreError('unavailable', where, `answers with status ${status}`, { status })
}

/** Without the cause itself: runtimes put the whole URL into it, with what is secret there, or a header. */
function withoutCause(where: string, description: string, error: unknown): BatchStoreError {
  const reason = codeOf(error) ?? (error instanceof Error ? error.name : undefined)
  return new BatchStoreError('unavailable', where, description, {
    metaMessages: reason ? [`Reason: ${printable(reason, 40)}`] : [],
  })
}

/** Code of a failure, such as ECONNREFUSED. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)) return code
  }
  return undefined
}
