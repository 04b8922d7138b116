import type { Recovery } from './recovery.ts'
import { Refusal } from './refusal.ts'
import type { GatewayLimits } from './limits/limits.ts'
import type { Upstream, UpstreamRole, Upstreams } from './upstreams.ts'

/** What an upstream is asked. */
export type UpstreamRequest = {
  method: 'GET' | 'POST'
  /** With the query. */
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Who is to answer, if it can. Default: `reader`. */
  first?: UpstreamRole
}

/** What an upstream answered, whole. */
export type UpstreamAnswer = { status: number; headers: Headers; body: Uint8Array }

const maxTries = 6

type Asking = { signal: AbortSignal; limits: GatewayLimits; recovery: Recovery }

/**
 * Asks one upstream, and another when that dies before its answer is whole: all that is asked are questions, which may be asked twice.
 *
 * @throws Refusal `no-upstream` if none came within the time for it, `catching-up` if none has all rows by then that others before it had,
 * `answer-too-large`; the signal's reason if it is aborted.
 */
export async function askUpstream(
  upstreams: Upstreams,
  request: UpstreamRequest,
  { signal, limits, recovery }: Asking,
): Promise<UpstreamAnswer> {
  const deadline = Date.now() + limits.recoveryMillis
  for (let tries = 1; ;) {
    const upstream = await takeUpstream(upstreams, request.first ?? 'reader', { signal, limits })
    try {
      const answer = await askOne(upstream, request, signal, limits.answerBytes)
      if (recovery.accepts(answer.headers)) return answer
    } catch (error) {
      if (error instanceof Refusal || signal.aborted) throw error
      upstreams.suspect(upstream)
      if (tries++ === maxTries) throw noUpstream(error)
      continue
    } finally {
      upstreams.give(upstream)
    }
    const left = deadline - Date.now()
    if (left <= 0) throw catchingUp()
    await recovery.turn(left, signal)
  }
}

/**
 * Takes an upstream; waits for one if there is none.
 *
 * @throws Refusal `no-upstream`
 */
export async function takeUpstream(
  upstreams: Upstreams,
  first: UpstreamRole,
  { signal, limits }: { signal: AbortSignal; limits: GatewayLimits },
): Promise<Upstream> {
  const deadline = Date.now() + limits.graceMillis
  for (;;) {
    const upstream = upstreams.take(first)
    if (upstream) return upstream
    const left = deadline - Date.now()
    if (left <= 0) throw noUpstream()
    await upstreams.waitForOne(left, signal)
  }
}

async function askOne(
  upstream: Upstream,
  { method, path, headers, body }: UpstreamRequest,
  signal: AbortSignal,
  maxBytes: number,
): Promise<UpstreamAnswer> {
  const response = await fetch(upstream.url + path, {
    ...{ method, signal, redirect: 'manual' },
    // What is passed on is compressed here, for who asks for it.
    headers: { 'accept-encoding': 'identity', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > maxBytes) {
      throw new Refusal(502, 'answer-too-large', `The answer has more than ${maxBytes} bytes.`, {
        advice: 'Ask for smaller pages.',
      })
    }
    chunks.push(chunk)
  }
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.concat(chunks, length),
  }
}

/** Rows that were there are not all back. */
export function catchingUp(): Refusal {
  return new Refusal(
    503,
    'catching-up',
    'The indexer was started anew, and reads its last blocks again.',
    {
      advice: 'Try again in some seconds.',
      retryAfter: 3,
    },
  )
}

/** Nobody can answer now. */
export function noUpstream(cause?: unknown): Refusal {
  return new Refusal(503, 'no-upstream', 'The indexer does not answer; it may be starting.', {
    advice: 'Try again in some seconds.',
    retryAfter: 3,
    cause,
  })
}
