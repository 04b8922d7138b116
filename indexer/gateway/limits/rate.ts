/** What is left to a client after a request. */
export type RateVerdict = {
  allowed: boolean
  /** Requests that it may send at once. */
  remaining: number
  /** Seconds until it may send this one, or until nothing counts any more. */
  seconds: number
}

/**
 * A bucket for each client that holds a minute's requests and fills evenly. Of a client a single number is kept, the time at which its
 * bucket is full again, so that a million addresses cost some 100 MB and no timers, which is what a library was not taken for.
 *
 * @param perMinute - Requests of one client in a minute.
 * @param options.clients - So many are remembered. Who was seen longest ago is forgotten first: at worst somebody has a full bucket again.
 */
export function createRate(
  perMinute: number,
  { clients = 200_000, now = Date.now }: { clients?: number; now?: () => number } = {},
) {
  const window = 60_000
  const each = window / perMinute
  const fullAt = new Map<string, number>()

  return {
    /** Counts a request, unless there is no room for it. @param cost - In requests; what costs more than a minute's counts as that. */
    take(client: string, cost = 1): RateVerdict {
      const time = now()
      const weight = Math.min(cost, perMinute) * each
      const from = Math.max(fullAt.get(client) ?? 0, time)
      const until = from + weight
      if (until > time + window) {
        return { allowed: false, remaining: 0, seconds: Math.ceil((until - time - window) / 1_000) }
      }
      // At the end of the order: it was seen last.
      fullAt.delete(client)
      fullAt.set(client, until)
      for (const [oldest, full] of fullAt) {
        if (fullAt.size <= clients && full > time) break
        fullAt.delete(oldest)
      }
      const remaining = Math.floor((time + window - until) / each)
      return { allowed: true, remaining, seconds: Math.ceil((until - time) / 1_000) }
    },
    size: () => fullAt.size,
  }
}

export type Rate = ReturnType<typeof createRate>
