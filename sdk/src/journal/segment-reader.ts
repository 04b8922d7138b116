import { JournalError } from '../errors/journal.ts'
import { type Contents, createContents } from './contents.ts'
import { type Frame, frameAt, frameLengthAt, openKey } from './frame.ts'
import { headerIn } from './header.ts'
import type { JournalState } from './journal.ts'
import { type HeaderRecord, type RawRecord, recordsOf } from './record-codec.ts'
import type { Storage } from './storage.ts'

/** The newest segment, as far as it is kept. */
export type Newest = { number: number; length: number; contents: Contents }

/** How much is read at once where frames are small, in bytes. */
const readAhead = 1 << 18
/** Tables of contents of old segments that are kept at hand. */
const maxContents = 3

/** Reads what a journal keeps. All of it throws JournalError where a segment can't be read or is damaged. */
export type SegmentReader = {
  /** Frames of a segment from the one at an offset on. */
  framesFrom(segment: number, offset: number): AsyncGenerator<Frame>
  /** What is picked of the records of one frame; the last, if several are. */
  pickAt<T>(
    segment: number,
    offset: number,
    pick: (record: RawRecord) => T | undefined,
  ): Promise<T | undefined>
  /** How far the journal had come when a segment began. */
  stateBefore(segment: number): Promise<JournalState>
  /** The newest segment that began when something had not happened yet. */
  newestBefore(hadNotHappened: (state: JournalState) => boolean): Promise<number | undefined>
  contentsOf(segment: number): Promise<Contents>
  /** Forgets a segment that was removed. */
  forget(segment: number): void
}

/**
 * @param name - The journal's, for errors.
 * @param numbers - Of the segments that are kept, in order, as it changes.
 * @param key - Of the journal's frames.
 */
export function createSegmentReader(
  storage: Storage,
  name: string,
  numbers: readonly number[],
  newest: Newest,
  key: number,
): SegmentReader {
  const headers = new Map<number, HeaderRecord>()
  const tables = new Map<number, Contents>()

  async function read(segment: number, offset: number, size: number): Promise<Uint8Array> {
    // What is not synced is not there yet.
    const left = segment === newest.number ? newest.length - offset : size
    try {
      return await storage.read(segment, offset, Math.min(size, left))
    } catch (cause) {
      throw new JournalError(name, 'cannot be read', { cause })
    }
  }

  /** The frame that bytes begin with, which were read from an offset on. */
  function firstIn(bytes: Uint8Array, offset: number): Frame | undefined {
    return frameAt(bytes, 0, offset === 0 ? openKey : key)
  }

  /** The bytes from an offset on, of which at least the first frame is whole; undefined at the end of the segment. */
  async function bytesFrom(segment: number, offset: number): Promise<Uint8Array | undefined> {
    let bytes = await read(segment, offset, readAhead)
    if (bytes.length === 0) return undefined
    const needed = frameLengthAt(bytes, 0)
    if (needed !== undefined && needed > bytes.length) bytes = await read(segment, offset, needed)
    if (firstIn(bytes, offset)) return bytes
    throw new JournalError(name, `is damaged at byte ${offset} of segment ${segment}`)
  }

  async function* framesFrom(segment: number, start: number): AsyncGenerator<Frame> {
    let offset = start
    for (let bytes = await bytesFrom(segment, offset); bytes;) {
      let end = 0
      for (let frame = firstIn(bytes, offset); frame; frame = frameAt(bytes, end, key)) {
        yield { ...frame, offset: offset + frame.offset }
        end = frame.end
      }
      offset += end
      bytes = await bytesFrom(segment, offset)
    }
  }

  async function stateBefore(segment: number): Promise<JournalState> {
    const known = headers.get(segment)
    if (known) return known.state
    const bytes = await bytesFrom(segment, 0)
    const frame = bytes && firstIn(bytes, 0)
    const header = frame && headerIn(frame)
    if (!header) throw new JournalError(name, `has a damaged segment, number ${segment}`)
    headers.set(segment, header)
    return header.state
  }

  return {
    framesFrom,
    async pickAt(segment, offset, pick) {
      const bytes = await bytesFrom(segment, offset)
      const frame = bytes && firstIn(bytes, offset)
      let last: ReturnType<typeof pick>
      for (const record of recordsOf(frame?.content ?? new Uint8Array(0)))
        last = pick(record) ?? last
      return last
    },
    stateBefore,
    async newestBefore(hadNotHappened) {
      let low = 0
      let high = numbers.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (hadNotHappened(await stateBefore(numbers[middle] as number))) low = middle + 1
        else high = middle
      }
      return numbers[low - 1]
    },
    async contentsOf(segment) {
      const known = segment === newest.number ? newest.contents : tables.get(segment)
      if (known) return known
      const table = createContents()
      for await (const frame of framesFrom(segment, 0)) table.enter(frame)
      tables.set(segment, table)
      for (const oldest of tables.keys()) {
        if (tables.size <= maxContents) break
        tables.delete(oldest)
      }
      return table
    },
    forget(segment) {
      headers.delete(segment)
      tables.delete(segment)
    },
  }
}
