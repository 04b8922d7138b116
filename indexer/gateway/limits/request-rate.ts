import { createRate, type Rate } from './rate.ts'

/** Of a minute's requests, the part that may come at once, and the least number that may. */
const share = 30
const leastAtOnce = 40
/** So long a request waits for its place rather than be refused. */
const patienceMillis = 5_000

/** How many requests a client may send. */
export type RequestRate = Pick<Rate, 'take'> & {
  /** For `RateLimit-Policy`: the quota, and its window in seconds. */
  policy: { q: number; w: number }
}

/**
 * Requests of one client, so many a minute: a thirtieth of them at once, since a minute's all at once hold up everybody, and the others evenly.
 * Who sends one after the other faster than that is slowed down and not refused.
 */
export function createRequestRate(perMinute: number): RequestRate {
  const atOnce = Math.min(perMinute, Math.max(leastAtOnce, Math.ceil(perMinute / share)))
  const windowMillis = (60_000 * atOnce) / perMinute
  const rate = createRate(atOnce, { windowMillis, patienceMillis })
  const take: Rate['take'] = (client, cost) => rate.take(client, cost)
  return { take, policy: { q: atOnce, w: Math.ceil(windowMillis / 1_000) } }
}
