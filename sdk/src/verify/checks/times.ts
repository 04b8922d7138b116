/** The largest that a Date holds (ECMA-262, section 21.4.1.1), in seconds. */
const lastDate = 8_640_000_000_000

/**
 * A time in words.
 *
 * @param seconds - Unix seconds, of any size: it comes from outside.
 */
export function dateOf(seconds: bigint | number): string {
  const count = Number(seconds)
  return count > lastDate ? `${seconds} s after 1970` : new Date(count * 1000).toISOString()
}

/** How long after the end of a key or an environment what was served before it may still be settled, in ms. */
const settlingTime = 86_400_000n

/**
 * Why a key or an environment that ended is no longer good for an inference, in words that follow the time of its end. To be good
 * it has to be served by then, and settled within a day: the time of serving is only declared, so without the second a key that is
 * stolen after its end could be used for ever, with earlier times.
 *
 * @param servedAt - Unix ms.
 * @param settledAt - Unix seconds.
 * @param lastMs - Unix ms: the last one in which it was in force.
 * @returns Undefined if it was good.
 */
export function whyTooLate(
  servedAt: bigint,
  settledAt: bigint,
  lastMs: bigint,
): string | undefined {
  if (servedAt > lastMs) return 'before this was served'
  const late = settledAt * 1000n > lastMs + settlingTime
  return late ? 'more than a day before this was settled' : undefined
}

/** Unix ms of the moment at which a revocation counts. */
export const momentOf = (revokedAt: number) => BigInt(revokedAt) * 1000n

/** Unix ms of the end of a last second. */
export const endOf = (validUntil: number) => BigInt(validUntil) * 1000n + 999n
