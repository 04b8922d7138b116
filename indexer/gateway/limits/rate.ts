/** What is left to a client after a request. */
export type RateVerdict = {
  allowed: boolean
  /** Requests that it may send at once. */
  remaining: number
  /** Of one that is allowed: so long it waits before, in ms. */
  wait: number
  /** Time until it may send this one, or until nothing counts any more. */
  millis: number
}

/**
 * A bucket for each client that holds what it may send in some time, and fills evenly. Of a client a single number is kept, the time at which its
 * bucket is full again, so that a million addresses cost some 100 MB and no timers, which is what a library was not taken for.
 *
 * @param perWindow - Requests of one client in that time.
 * @param options.windowMillis - That time. Default: a minute.
 * @param options.patienceMillis - Where the bucket is empty, so long a request may wait for its place in it. Default: 0, what finds none is refused.
 * @param options.clients - So many are remembered. Who was seen longest ago is forgotten first: at worst somebody has a full bucket again.
 */
export function createRate(
  perWindow: number,
  {
    windowMillis: window = 60_000,
    patienceMillis = 0,
    clients = 200_000,
    now = Date.now,
  }: {
    windowMillis?: number
    patienceMillis?: number
    clients?: number
    now?: () => number
  } = {},
) {
  const each = window / perWindow
  const fullAt = new Map<string, number>()

  return {
    /** Counts a request, unless there is no room for it. @param cost - In requests; what costs more than all counts as that. */
    take(client: string, cost = 1): RateVerdict {
      const time = now()
      const weight = Math.min(cost, perWindow) * each
      const from = Math.max(fullAt.get(client) ?? 0, time)
      const until = from + weight
      const wait = Math.max(0, until - time - window)
      if (wait > patienceMillis) return { allowed: false, remaining: 0, wait: 0, millis: wait }
      // At the end of the order: it was seen last.
      fullAt.delete(client)
      fullAt.set(client, until)
      for (const [oldest, full] of fullAt) {
        if (fullAt.size <= clients && full > time) break
        fullAt.delete(oldest)
      }
      const remaining = Math.max(0, Math.floor((time + window - until) / each))
      return { allowed: true, remaining, wait, millis: until - time }
    },
    size: () => fullAt.size,
  }
}

export type Rate = ReturnType<typeof createRate>
