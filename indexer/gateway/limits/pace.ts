import { createRate } from './rate.ts'

/** So long after its last request a client counts as one who asks, in ms. */
const activeMillis = 5_000

/**
 * How fast clients go on who ask for much: so many rows a second each while others ask as well. Turns alone do not keep them apart, since
 * what an upstream has begun to read holds up whatever comes behind it. Who asks alone goes as fast as it can.
 */
export function createPace(
  { rowsPerSecond, rowsAtOnce }: { rowsPerSecond: number; rowsAtOnce: number },
  now: () => number = Date.now,
) {
  if (rowsPerSecond === Infinity) return { note: () => undefined, delay: () => 0 }
  const rate = createRate(rowsAtOnce, {
    windowMillis: (1_000 * rowsAtOnce) / rowsPerSecond,
    now,
  })
  /** Of the two clients that asked last, the later one first. */
  let [last, other] = [
    { client: '', at: -Infinity },
    { client: '', at: -Infinity },
  ]

  return {
    /** A client asks. */
    note(client: string): void {
      if (last.client !== client) other = last
      last = { client, at: now() }
    },
    /** Milliseconds until a client may go on with so many rows; 0: now, and they are counted. */
    delay(client: string, rows: number): number {
      const { at } = last.client === client ? other : last
      const { allowed, millis } = rate.take(client, rows)
      return allowed || now() - at > activeMillis ? 0 : millis
    },
  }
}
