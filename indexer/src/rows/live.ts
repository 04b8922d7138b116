let last: number | undefined

/** Notes that a new block was handled. @returns Milliseconds since the one before; 0 at the first. */
export function seeBlock(): number {
  const now = performance.now()
  const since = last === undefined ? 0 : now - last
  last = now
  return since
}

/** Whether new blocks come in: until then the past is read, and nobody waits for the next event. */
export const isLive = (): boolean => last !== undefined
