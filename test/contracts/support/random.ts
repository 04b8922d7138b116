import { type Hex, toHex } from 'viem'

/** Numbers that follow from a seed alone (mulberry32). */
export function createRandom(seed: number) {
  let state = seed >>> 0
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number from 0, below `limit`. */
  const below = (limit: number) => Math.floor(fraction() * limit)
  const chance = (probability: number) => fraction() < probability
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  /** One of the names, as often as its weight says. */
  const weighted = <T extends string>(weights: Record<T, number>): T => {
    const entries = Object.entries<number>(weights) as [T, number][]
    let left = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name
    return entries.at(-1)![0]
  }
  const hex = (size: number): Hex => toHex(Uint8Array.from({ length: size }, () => below(256)))
  return { below, chance, pick, weighted, hex }
}

export type Random = ReturnType<typeof createRandom>
