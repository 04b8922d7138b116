/** Versions from the first on, before the second; each as one number. */
export type Interval = readonly [number, number]

/**
 * The versions that a range of package.json's `engines` takes, without pre-releases, in order and without overlap. Only the forms that
 * the packages here use: `^`, `>=` and `||`.
 *
 * @throws Error for any other form, so that nobody takes it for one that is understood.
 */
export function versionsOf(range: string): Interval[] {
  const sorted = range
    .split('||')
    .map((part) => intervalOf(part.trim()))
    .sort(([a], [b]) => a - b)
  const joined: Interval[] = []
  for (const [from, to] of sorted) {
    const last = joined.at(-1)
    if (last && from <= last[1]) joined[joined.length - 1] = [last[0], Math.max(last[1], to)]
    else joined.push([from, to])
  }
  return joined
}

/** Whether all versions of one range are versions of another. */
export function isWithin(range: string, other: string): boolean {
  const theirs = versionsOf(other)
  return versionsOf(range).every(([from, to]) => theirs.some(([a, b]) => a <= from && to <= b))
}

const step = 100_000

function intervalOf(part: string): Interval {
  const [, sign, ...numbers]: (string | undefined)[] =
    /^(\^|>=) ?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(part) ?? []
  const [major = 0, minor = 0, patch = 0] = numbers.map((it) => Number(it ?? 0))
  // Below 1.0.0 a caret means less; no Node is.
  if (sign === undefined || major === 0) throw new Error(`A range of another form: ${part}`)
  const from = (major * step + minor) * step + patch
  return [from, sign === '^' ? (major + 1) * step * step : Infinity]
}
