import { setTimeout } from 'node:timers/promises'
import type { GatewayContext, GatewayParts } from './parts.ts'
import { Refusal } from './refusal.ts'

const policyName = '"client"'
/** Who sends on although it is refused does so no faster than by one request in this time on each of its connections. */
const refusalMillis = 1_000

/**
 * Counts a request against what its client may send, and waits until there is a place for it.
 *
 * @param cost - In requests.
 * @throws Refusal `rate-limited`; the reason of the request's signal if that is aborted.
 */
export async function countRequest(
  c: GatewayContext,
  { rate }: GatewayParts,
  cost = 1,
): Promise<void> {
  if (!rate) return
  const { allowed, remaining, wait, millis } = rate.take(c.get('client'), cost)
  const { q, w } = rate.policy
  const seconds = Math.ceil(millis / 1_000)
  c.header('RateLimit-Policy', `${policyName};q=${q};w=${w}`)
  c.header('RateLimit', `${policyName};r=${remaining};t=${seconds}`)
  const { signal } = c.req.raw
  if (!allowed) await setTimeout(refusalMillis, undefined, { signal })
  else if (wait > 0) await setTimeout(wait, undefined, { signal })
  if (allowed) return
  const message = `That is more than ${q} requests in ${w} seconds; a large query counts as several.`
  throw new Refusal(429, 'rate-limited', message, {
    advice: `Wait ${seconds} s, ask for larger pages less often, or run an indexer of your own.`,
    retryAfter: seconds,
  })
}
