/** A generator of numbers (mulberry32) that a seed repeats. */
export type Random = {
  /** A whole number below `limit`. */
  below(limit: number): number
  /** True once in `n` times. */
  once(n: number): boolean
  pick<T>(from: readonly T[]): T
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    once: (n) => below(n) === 0,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
  }
}
