/**
 * Of the time in which no block is handled, this part is for what was loaded beside the events. Where blocks come without a pause, since they
 * are many or this process is behind, there is none.
 */
const share = 0.6
/** What came with the same block waits as long at most. */
const mostMillis = 2_000
/** For less it isn't begun. */
const leastMillis = 50

let left = leastMillis
let idleSince: number | undefined
let settled = false

/** Notes that a batch was settled, whose inferences somebody may wait for. */
export function noteSettlement(): void {
  settled = true
}

/**
 * Uses what time there is at the end of a block.
 *
 * @param work - Told for how many milliseconds; in a block with a settlement, for none: it does the least it can.
 */
export async function useSpareTime(work: (millis: number) => Promise<void>): Promise<void> {
  const began = performance.now()
  const spare = share * (began - (idleSince ?? began))
  // What was not used is not saved up: the next block may come as soon as this one has.
  left = Math.min(left + spare, Math.max(spare, 2 * leastMillis), mostMillis)
  try {
    if (left >= leastMillis) await work(settled ? 0 : left)
  } finally {
    idleSince = performance.now()
    left -= idleSince - began
    settled = false
  }
}
