/**
 * Times from when an inference says that it was served to the block that settled it, as they are told apart: columns of a day, and what
 * each is below in milliseconds, the shortest first.
 */
export const delays = [
  ['within1s', 1_000],
  ['within10s', 10_000],
  ['within1m', 60_000],
  ['within10m', 600_000],
  ['within1h', 3_600_000],
  ['within1d', 86_400_000],
  ['later', Infinity],
] as const
