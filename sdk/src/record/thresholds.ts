/** Wakes those who wait until a number that only grows has got somewhere. */
export type Thresholds<N extends number | bigint> = {
  /** @returns A promise for when the number is at least `atLeast`, and what ends the waiting. */
  wait: (atLeast: N) => { reached: Promise<void>; forget: () => void }
  reach: (number: N) => void
}

export function createThresholds<N extends number | bigint>(): Thresholds<N> {
  const waiting = new Set<{ atLeast: N; wake: () => void }>()
  return {
    wait(atLeast) {
      let wake: () => void = () => undefined
      const reached = new Promise<void>((resolve) => (wake = resolve))
      const waiter = { atLeast, wake }
      waiting.add(waiter)
      return { reached, forget: () => waiting.delete(waiter) }
    },
    reach(number) {
      for (const waiter of waiting) {
        if (waiter.atLeast > number) continue
        waiting.delete(waiter)
        waiter.wake()
      }
    },
  }
}
