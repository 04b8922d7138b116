/**
 * A small seeded random number generator (splitmix-style, 32-bit state). It only uses integer
 * operations, so every JavaScript engine yields the same sequence for the same seed.
 */
export class SeededRandom {
  #state: number

  /** @param seed any safe integer; seeds that differ in any of their 53 bits differ in sequence */
  constructor(seed: number) {
    const low = seed >>> 0
    const high = Math.floor(seed / 0x1_0000_0000) >>> 0
    this.#state = (low ^ Math.imul(high, 0x9e3779b1)) >>> 0
  }

  /** The next 32 random bits as an unsigned integer. */
  nextUint32(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.nextUint32() / 0x1_0000_0000
  }

  /** Uniform integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** Standard normal, by the Box–Muller transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return radius * Math.cos(2 * Math.PI * this.next())
  }

  /** Shuffles the array in place and returns it. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      const swapped = items[last] as T
      items[last] = items[other] as T
      items[other] = swapped
    }
    return items
  }
}
