import { MalformedError } from './errors.ts'

/** Reads bytes from the beginning to the end; numbers are little-endian. */
export type Reader = {
  /** How far it has read. */
  offset: () => number
  /** The next bytes. Throws MalformedError if there are not as many. */
  take: (size: number) => Uint8Array
  uint16: () => number
  uint32: () => number
  /** Throws MalformedError unless all has been read. */
  end: () => void
}

/** Reads bytes. */
export function readerOf(bytes: Uint8Array): Reader {
  let offset = 0
  const take = (size: number) => {
    if (size > bytes.length - offset) throw new MalformedError('is cut off')
    offset += size
    return bytes.subarray(offset - size, offset)
  }
  const number = (size: number) => take(size).reduceRight((value, byte) => value * 256 + byte, 0)
  return {
    offset: () => offset,
    take,
    uint16: () => number(2),
    uint32: () => number(4),
    end: () => {
      if (offset !== bytes.length) throw new MalformedError('has bytes after its end')
    },
  }
}
