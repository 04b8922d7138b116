let live = false
let last: number | undefined
let settled = false

/** Notes that what is final is read: from now on rows go into all indexes, and into what a reorganization is undone from. */
export function noteLive(): void {
  live = true
}

/** Notes that a batch was settled, whose inferences somebody may wait for. */
export function noteSettlement(): void {
  settled = true
}

/** Whether new blocks come in: until then the past is read, and nobody waits for the next event. */
export const isLive = (): boolean => live

/** Notes the end of a new block: what it held, and how long after the one before it comes, in ms; 0 for the first. */
export function noteBlock(): { settled: boolean; sinceLast: number } {
  const now = performance.now()
  const block = { settled, sinceLast: last === undefined ? 0 : now - last }
  last = now
  live = true
  settled = false
  return block
}
