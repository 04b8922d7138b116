/** How far a recorder's clock may run ahead of the chain's, in seconds: what says to be served later than that is refuted. */
export const clockTolerance = 300n

/**
 * Whether a batch can hold an inference that says when it was served: not if it was settled before.
 *
 * @param servedAt - Unix milliseconds.
 * @param settledAt - Block time, Unix seconds.
 */
export function couldBeSettled(servedAt: bigint, settledAt: bigint): boolean {
  return servedAt <= (settledAt + clockTolerance) * 1000n
}
