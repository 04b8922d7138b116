import type { Frame } from './frame.ts'
import { kinds, readJson, recordsOf, sequenceIn } from './record-codec.ts'

/** Where something begins in a segment, by a sequence number; in order of both. */
type Marks = { keys: number[]; offsets: number[] }

/**
 * Table of contents of one segment: which frame holds an inference, a batch, a settlement. One number each, so that it costs
 * little to keep; the records themselves are read when they are asked for.
 */
export type Contents = {
  /** Enters a frame that follows all others. */
  enter(frame: Pick<Frame, 'offset' | 'content'>): void
  /** Offset of the frame that holds an inference, if it is in this segment. */
  inference(sequence: bigint): number | undefined
  /** Offset of the frame with the batch that an inference is in, if the segment has one that begins at or before it. */
  signed(sequence: bigint): number | undefined
  /** Offset of the frame that says that the batch which begins here is settled. */
  settled(first: bigint): number | undefined
}

export function createContents(): Contents {
  const marks = { inference: empty(), signed: empty(), settled: empty() }
  const note = ({ keys, offsets }: Marks, key: bigint, offset: number) => {
    keys.push(Number(key))
    offsets.push(offset)
  }
  return {
    enter({ offset, content }) {
      let hasInference = false
      for (const { kind, body } of recordsOf(content)) {
        if (kind === kinds.inference) {
          // The first of a frame leads to the rest.
          if (!hasInference) note(marks.inference, sequenceIn(body), offset)
          hasInference = true
        } else if (kind === kinds.signed) {
          note(marks.signed, readJson('signed', body).first, offset)
        } else if (kind === kinds.settled) {
          note(marks.settled, readJson('settled', body).first, offset)
        }
      }
    },
    inference: (sequence) => lastUpTo(marks.inference, Number(sequence)),
    signed: (sequence) => lastUpTo(marks.signed, Number(sequence)),
    settled: (first) => {
      const place = placeOf(marks.settled.keys, Number(first))
      return marks.settled.keys[place] === Number(first) ? marks.settled.offsets[place] : undefined
    },
  }
}

function empty(): Marks {
  return { keys: [], offsets: [] }
}

function lastUpTo({ keys, offsets }: Marks, key: number): number | undefined {
  return offsets[placeOf(keys, key)]
}

/** Place of the last key that is not above a number; -1 if all are. */
function placeOf(keys: readonly number[], key: number): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as number) <= key) low = middle + 1
    else high = middle
  }
  return low - 1
}
