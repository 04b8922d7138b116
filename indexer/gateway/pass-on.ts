import {
  askUpstream,
  catchingUp,
  type UpstreamAnswer,
  type UpstreamRequest,
} from './ask-upstream.ts'
import type { GatewayContext, GatewayParts } from './parts.ts'
import { Refusal } from './refusal.ts'

/**
 * Asks an upstream in a client's name, when it is that client's turn.
 *
 * @param rows - That it has to read for that, about.
 * @throws Refusal `busy`, `too-many-waiting`, `no-upstream`, `catching-up`, `timed-out`, `answer-too-large`
 */
export async function passOn(
  c: GatewayContext,
  parts: GatewayParts,
  request: UpstreamRequest,
  rows: number,
): Promise<UpstreamAnswer> {
  const { upstreams, recovery, limits, turns, held } = parts
  held.checkRoom()
  const timeout = AbortSignal.timeout(limits.timeoutMillis)
  // Who goes away takes its question along.
  const signal = AbortSignal.any([c.req.raw.signal, timeout])
  try {
    const end = await turns.take(c.get('client'), signal, rows)
    try {
      return await askUpstream(upstreams, request, { signal, limits, recovery })
    } finally {
      end()
    }
  } catch (error) {
    if (!timeout.aborted || error instanceof Refusal) throw error
    // Whose turn did not come, since those before waited for rows too.
    if (recovery.waits()) throw catchingUp()
    const message = `There was no answer within ${limits.timeoutMillis} ms.`
    const advice = 'Ask for less at once, or try again in some seconds.'
    throw new Refusal(504, 'timed-out', message, { advice, retryAfter: 5, cause: error })
  }
}
