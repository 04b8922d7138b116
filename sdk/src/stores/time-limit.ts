/** A signal that ends with another one, or after a time. */
export type TimeLimit = {
  signal: AbortSignal
  /** Whether it was the time that ended it. */
  timedOut(): boolean
  /** What a promise gives; rejects when the signal ends first, whatever the promise does. */
  race<T>(promise: Promise<T>): Promise<T>
  /** To be called when nothing hangs on it any more. */
  end(): void
}

/**
 * Bounds work. `AbortSignal.any` would do it too, but holds on to what it made for as long as a signal lives, and that of a recorder
 * lives as long as the process.
 *
 * @param milliseconds - From now on.
 * @throws the signal's reason if it has ended already.
 */
export function timeLimit(milliseconds: number, signal?: AbortSignal): TimeLimit {
  signal?.throwIfAborted()
  const controller = new AbortController()
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort(new DOMException('The time is up.', 'TimeoutError'))
  }, milliseconds)
  const follow = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    race: (promise) => before(controller.signal, promise),
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', follow)
    },
  }
}

/** What a promise gives, unless a signal ends first. */
function before<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // The reason is the caller's own, whatever it is.
    const give = () => reject(signal.reason as Error)
    if (signal.aborted) {
      give()
      // Nobody waits for it any more.
      promise.catch(() => undefined)
      return
    }
    signal.addEventListener('abort', give, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

/**
 * Waits.
 *
 * @throws the signal's reason if it ends before.
 */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  const limit = timeLimit(milliseconds, signal)
  try {
    await limit.race(new Promise<never>(() => undefined))
  } catch (error) {
    if (!limit.timedOut()) throw error
  } finally {
    limit.end()
  }
}
