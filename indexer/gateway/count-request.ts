import type { GatewayContext, GatewayParts } from './parts.ts'
import { Refusal } from './refusal.ts'

const policyName = '"client"'

/**
 * Counts a request against its client's minute.
 *
 * @param cost - In requests.
 * @throws Refusal `rate-limited`
 */
export function countRequest(c: GatewayContext, parts: GatewayParts, cost = 1): void {
  const { rate, settings } = parts
  if (!rate) return
  const { allowed, remaining, millis } = rate.take(c.get('client'), cost)
  const seconds = Math.ceil(millis / 1_000)
  c.header('RateLimit-Policy', `${policyName};q=${settings.rateLimit};w=60`)
  c.header('RateLimit', `${policyName};r=${remaining};t=${seconds}`)
  if (allowed) return
  const message = `That is more than ${settings.rateLimit} requests a minute; a large query counts as several.`
  throw new Refusal(429, 'rate-limited', message, {
    advice: `Wait ${seconds} s, ask for larger pages less often, or run an indexer of your own.`,
    retryAfter: seconds,
  })
}
