import type { Storage } from './storage.ts'

type Segment = { bytes: Uint8Array; length: number }

/** Segments in memory. */
export function memoryStorage(): Storage {
  const segments = new Map<number, Segment>()
  const of = (number: number): Segment => {
    const found = segments.get(number)
    if (!found) throw new RangeError(`There is no segment ${number}.`)
    return found
  }
  return {
    segments: () => [...segments.keys()],
    begin: (bytes) => void segments.set(0, { bytes, length: bytes.length }),
    load: (number) => of(number).bytes.subarray(0, of(number).length),
    create(number) {
      segments.set(number, { bytes: new Uint8Array(1 << 16), length: 0 })
      return Promise.resolve()
    },
    write(number, position, bytes) {
      const segment = of(number)
      const end = position + bytes.length
      if (end > segment.bytes.length) {
        const larger = new Uint8Array(2 * end)
        larger.set(segment.bytes.subarray(0, segment.length))
        segment.bytes = larger
      }
      segment.bytes.set(bytes, position)
      segment.length = end
      return Promise.resolve()
    },
    sync: () => Promise.resolve(),
    read(number, position, length) {
      const segment = of(number)
      return Promise.resolve(
        segment.bytes.slice(position, Math.min(position + length, segment.length)),
      )
    },
    remove(number) {
      segments.delete(number)
      return Promise.resolve()
    },
    close() {},
  }
}
