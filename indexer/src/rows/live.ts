let live = false

/** Notes that what is final is read: from now on rows go into all indexes, and into what a reorganization is undone from. */
export function noteLive(): void {
  live = true
}

/** Whether new blocks come in: until then the past is read, and nobody waits for the next event. */
export const isLive = (): boolean => live
