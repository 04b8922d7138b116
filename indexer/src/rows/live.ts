let live = false
let last: number | undefined

/** Notes that what is final is read: from now on rows go into all indexes, and into what a reorganization is undone from. */
export function noteLive(): void {
  live = true
}

/** Notes that a new block is handled. @returns Milliseconds since the one before; 0 at the first. */
export function noteBlock(): number {
  const now = performance.now()
  const since = last === undefined ? 0 : now - last
  last = now
  live = true
  return since
}

/** Whether new blocks come in: until then the past is read, and nobody waits for the next event. */
export const isLive = (): boolean => live
