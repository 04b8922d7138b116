import { createBell } from './bell.ts'
import { type Reach, readRowsState, rowsHeader, type RowsState } from '../rows-state.ts'

/** So long rows that are not back are waited for, in ms: the chain may have become shorter meanwhile. */
const longestMillis = 60_000
/** Answers overtake each other: only what is less for so long is how it is now. */
const overtakenMillis = 2_000
/** So long an answer may have been under way when another one had all rows again: as long as any may take. */
const underWayMillis = 10_000
/** While rows are missing, it is asked so often whether they are back, however many wait: asking keeps from catching up. */
const lookMillis = 100

/**
 * Keeps from clients what a writer that was started anew has taken back and not read again: it takes back all that was not final, as of before
 * it was live, and then writes it block by block. What one run of a writer takes back is the chain's own doing, and is given out.
 */
export function watchRecovery(now: () => number = Date.now) {
  /** As far as what was given out. */
  let seen: Pick<RowsState, 'run' | 'reach'> | undefined
  /** What the last run but one had given out, for as long as answers may be under way that have less. */
  let floor: { reach: Reach; until: number } | undefined
  let behindSince: number | undefined
  let lessSince: number | undefined
  const back = createBell()
  let nextLook = 0

  function isBehind({ live, run, from }: RowsState): boolean {
    // What is read for the first time goes as far as it goes.
    if (!seen) return false
    if (!live) return true
    if (run === '') return false
    if (run !== seen.run) return isLess(from, seen.reach)
    return floor !== undefined && now() < floor.until && isLess(from, floor.reach)
  }

  function note({ run, reach }: RowsState): void {
    if (seen && run !== '' && run !== seen.run) {
      floor = { reach: seen.reach, until: now() + underWayMillis }
    }
    lessSince = seen && isLess(reach, seen.reach) ? (lessSince ?? now()) : undefined
    if (lessSince !== undefined && now() - lessSince < overtakenMillis) return
    seen = { run: run || (seen?.run ?? ''), reach }
    lessSince = undefined
  }

  return {
    /** Whether an answer may be given out. */
    accepts: (headers: Headers): boolean => {
      const state = readRowsState(headers.get(rowsHeader))
      if (!state) return true
      if (isBehind(state)) {
        behindSince ??= now()
        if (now() - behindSince < longestMillis) return false
        seen = floor = undefined
      }
      if (behindSince !== undefined) {
        behindSince = undefined
        nextLook = 0
        back.ring()
      }
      if (state.live) note(state)
      return true
    },
    /** Whether rows are missing, as far as anybody asked. */
    waits: (): boolean => behindSince !== undefined,
    /** Waits until the rows are back, or it is somebody's turn to look whether they are, `millis` at most. @throws The signal's reason if it is aborted. */
    async turn(millis: number, signal: AbortSignal): Promise<void> {
      const at = Math.max(now() + lookMillis, nextLook)
      nextLook = at + lookMillis
      await back.wait(Math.min(at - now(), millis), signal)
    },
  }
}

export type Recovery = ReturnType<typeof watchRecovery>

function isLess(reach: Reach, than: Reach): boolean {
  return Object.entries(than).some(([chain, [block, available]]) => {
    const [ownBlock, ownAvailable] = reach[chain] ?? [-1, -1]
    return ownBlock < block || ownAvailable < available
  })
}
