/** Something that happens now and then, to be waited for. */
export type Signal = {
  /** Tells all who wait. */
  tell(): void
  /** Resolves when it is told the next time, or after some milliseconds. */
  next(millis: number): Promise<void>
}

export function createSignal(): Signal {
  let waiting = new Set<() => void>()
  return {
    tell() {
      const told = waiting
      waiting = new Set()
      for (const resolve of told) resolve()
    },
    next(millis) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer)
          waiting.delete(end)
          resolve()
        }
        const timer = setTimeout(end, millis)
        waiting.add(end)
      })
    },
  }
}

/** Lets so many calls of a function be under way at once; others wait for their turn. */
export function atOnce<A extends unknown[], R>(
  most: number,
  call: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (...args) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await call(...args)
    } finally {
      const next = waiting.shift()
      // Its place is handed over as it is.
      if (next) next()
      else running--
    }
  }
}
