const everyMillis = 1_000

export type Gatherer = {
  (count: number, cause: unknown): void
  /** Tells at once what waits to be told. */
  flush(): void
}

/**
 * Tells a count at once, and what follows within a second in one more call: a thousand drops must not become a thousand lines.
 *
 * @param tell - Takes the count since it was told last, and the newest cause.
 */
export function gather(tell: (count: number, cause: unknown) => void): Gatherer {
  let waiting = 0
  let newest: unknown
  let timer: ReturnType<typeof setTimeout> | undefined

  function tick(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting === 0) return
    const count = waiting
    waiting = 0
    rest()
    tell(count, newest)
  }

  function rest(): void {
    timer = setTimeout(tick, everyMillis)
    ;(timer as { unref?: () => void }).unref?.()
  }

  const add = (count: number, cause: unknown) => {
    newest = cause
    waiting += count
    if (!timer) tick()
  }
  return Object.assign(add, {
    flush() {
      if (waiting > 0) tick()
    },
  })
}
