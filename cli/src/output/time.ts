/** The largest that a Date holds (ECMA-262, section 21.4.1.1), in seconds. */
const lastDate = 8_640_000_000_000n

/** A time that somebody states, for reading. @param seconds - Unix time. */
export function timeOf(seconds: bigint): string {
  if (seconds < 0n || seconds > lastDate) return `${seconds} s after 1970`
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z')
}
