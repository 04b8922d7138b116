/**
 * Releases text as it arrives, but holds back the end of it while that may still be the beginning
 * of a stop text. A stop text itself is never released.
 */
export class StopBuffer {
  readonly #stops: readonly string[]
  #held = ''

  /** True once a stop text has been seen. */
  stopped = false

  constructor(stops: readonly string[]) {
    this.#stops = stops
  }

  /** Appends text. */
  add(text: string): void {
    if (this.stopped) return
    this.#held += text
    const positions = this.#stops
      .map((stop) => this.#held.indexOf(stop))
      .filter((position) => position >= 0)
    if (positions.length === 0) return
    this.#held = this.#held.slice(0, Math.min(...positions))
    this.stopped = true
  }

  /** Takes the text that can no longer become part of a stop text. */
  release(): string {
    const safe = this.stopped ? this.#held.length : this.#safeLength()
    const text = this.#held.slice(0, safe)
    this.#held = this.#held.slice(safe)
    return text
  }

  /** Takes everything that is left, at the end of the generation. */
  flush(): string {
    const text = this.#held
    this.#held = ''
    return text
  }

  #safeLength(): number {
    for (let from = 0; from < this.#held.length; from++) {
      const tail = this.#held.slice(from)
      if (this.#stops.some((stop) => stop.startsWith(tail))) return from
    }
    return this.#held.length
  }
}
