import type { Hex } from 'viem'

/** Where an inference stands. */
export type Place = { instance: Hex; sequence: bigint }

/**
 * Where something stands that is found by its digest. Only places are held: what stands there is in the journal, and tells whether it
 * is what is looked for.
 */
export type PlaceIndex = {
  add(digest: Uint8Array, place: Place): void
  /** Places that may be the one, the newest journal's first. */
  find(digest: Uint8Array): Place[]
}

/** @param maxDigests - More than so many are not held; those that came first are forgotten. */
export function createPlaceIndex(maxDigests: number): PlaceIndex {
  /** By journal, in the order in which they were begun to be read. A number a digest: they may be many. */
  const journals = new Map<Hex, Map<number, number>>()
  let size = 0

  function forgetOldest(): void {
    for (const [instance, places] of journals) {
      for (const oldest of places.keys()) {
        places.delete(oldest)
        size--
        return
      }
      journals.delete(instance)
    }
  }

  return {
    add(digest, { instance, sequence }) {
      const places = journals.get(instance) ?? new Map<number, number>()
      journals.set(instance, places)
      const start = startOf(digest)
      // One that comes again is the youngest.
      if (places.delete(start)) size--
      places.set(start, Number(sequence))
      size++
      if (size > maxDigests) forgetOldest()
    },
    find(digest) {
      const start = startOf(digest)
      return [...journals].reverse().flatMap(([instance, places]) => {
        const sequence = places.get(start)
        return sequence === undefined ? [] : [{ instance, sequence: BigInt(sequence) }]
      })
    },
  }
}

/** The first 53 bits: as many as a number holds. */
function startOf(digest: Uint8Array): number {
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength)
  return view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)
}
