import { readRowsState, rowsHeader, type RowsState } from '../rows-state.ts'

/** So long rows that are not back are waited for, in ms: the chain may have become shorter meanwhile. */
const longestMillis = 60_000
/** Answers overtake each other: only what is less for so long is how it is now. */
const overtakenMillis = 2_000

/**
 * Keeps from clients what a writer that was started anew has taken back and not read again: it takes back all that was not final, as of before
 * it was live, and then writes it block by block. What one run of a writer takes back is the chain's own doing, and is given out.
 */
export function watchRecovery(now: () => number = Date.now) {
  /** As far as what was given out. */
  let seen: Omit<RowsState, 'live'> | undefined
  let behindSince: number | undefined
  let lessSince: number | undefined

  function isBehind({ live, run, reach }: RowsState): boolean {
    // What is read for the first time goes as far as it goes.
    if (!seen) return false
    if (!live) return true
    if (run === '' || run === seen.run) return false
    return isLess(reach, seen.reach)
  }

  function note({ run, reach }: RowsState): void {
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
        seen = undefined
      }
      behindSince = undefined
      if (state.live) note(state)
      return true
    },
  }
}

export type Recovery = ReturnType<typeof watchRecovery>

function isLess(reach: RowsState['reach'], than: RowsState['reach']): boolean {
  return Object.entries(than).some(([chain, [block, available]]) => {
    const [ownBlock, ownAvailable] = reach[chain] ?? [-1, -1]
    return ownBlock < block || ownAvailable < available
  })
}
