const daySeconds = 86_400n
const weekSeconds = 7n * daySeconds
/** 1970 began on a Thursday. */
const firstMonday = 4n * daySeconds

/**
 * The day of a time.
 *
 * @param time - Unix seconds.
 * @returns When it began, 0 h UTC, in Unix seconds.
 */
export function dayOf(time: bigint): bigint {
  return time - (time % daySeconds)
}

/** The week of a time, by ISO 8601. @returns When it began, on Monday 0 h UTC; of the days before the first Monday, 0. */
export function weekOf(time: bigint): bigint {
  return time < firstMonday ? 0n : time - ((time - firstMonday) % weekSeconds)
}
