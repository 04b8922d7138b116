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

/** How long after a revocation what was served before it may still be settled, in seconds. */
const settlingTime = 86_400n

/**
 * Whether a key or environment revoked at a time is no longer good for an inference: it has to be served by then, and settled
 * within a day.
 *
 * @param servedAt - Unix ms.
 * @param settledAt - Unix seconds.
 * @param revokedAt - Unix seconds.
 */
export function isAfterRevocation(servedAt: bigint, settledAt: bigint, revokedAt: number): boolean {
  const revoked = BigInt(revokedAt)
  return servedAt > revoked * 1000n || settledAt > revoked + settlingTime
}
