/** Those who wait for something to happen. */
export function createBell() {
  const waiting = new Set<() => void>()

  /** Wakes all who wait now. */
  function ring(): void {
    for (const wake of [...waiting]) wake()
  }

  /** Resolves when it rings, or after a time. @throws The signal's reason if it is aborted. */
  async function wait(millis: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer)
        waiting.delete(done)
        signal.removeEventListener('abort', aborted)
        resolve()
      }
      const aborted = () => {
        done()
        reject(signal.reason as Error)
      }
      const timer = setTimeout(done, millis)
      waiting.add(done)
      signal.addEventListener('abort', aborted, { once: true })
    })
    signal.throwIfAborted()
  }

  return { ring, wait }
}
