import type * as NodeZlib from 'node:zlib'
import { builtin } from '../crypto/node.ts'

/**
 * What is written at once stands in one frame, so that a write that was cut, at any byte, is told from damage: frames follow each
 * other without a gap, and only the last can have been cut. All numbers are big-endian.
 *
 * A frame may hold what a stranger chose, such as the name of a model, and a frame among that: behind a cut it would pass for a later
 * write. So checksums go on from a number that only the journal knows (`frameKeyOf`), but for a segment's first frame, which says it.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 4 | `ASYJ` |
 * | 4 | 4 | n, length of the content |
 * | 8 | 4 | CRC-32 (IEEE 802.3) of the content, going on from the key |
 * | 12 | n | content: records, one after the other |
 */
export const frameHeadLength = 12

const magic = 0x4153594a

/** The key of a segment's first frame. */
export const openKey = 0

/**
 * Writes the head of a frame in front of its content.
 *
 * @param frame - Head, still empty, and content.
 */
export function sealFrame(frame: Uint8Array, key: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  view.setUint32(0, magic)
  view.setUint32(4, frame.length - frameHeadLength)
  view.setUint32(8, crc32(frame.subarray(frameHeadLength), key))
}

/** A frame that was found whole: where it begins in its segment, and its content. */
export type Frame = { offset: number; content: Uint8Array; end: number }

/** The whole frame that begins at an offset; undefined if none does. */
export function frameAt(bytes: Uint8Array, offset: number, key: number): Frame | undefined {
  const start = offset + frameHeadLength
  if (start > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, frameHeadLength)
  if (view.getUint32(0) !== magic) return undefined
  const end = start + view.getUint32(4)
  if (end > bytes.length) return undefined
  const content = bytes.subarray(start, end)
  return crc32(content, key) === view.getUint32(8) ? { offset, content, end } : undefined
}

/** Length of the frame that begins at an offset, as its head states it; undefined if no head is there. */
export function frameLengthAt(bytes: Uint8Array, offset: number): number | undefined {
  if (offset + frameHeadLength > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, frameHeadLength)
  return view.getUint32(0) === magic ? frameHeadLength + view.getUint32(4) : undefined
}

/**
 * Whether a whole frame begins anywhere from an offset on.
 *
 * @param key - Undefined where it is not known: then the beginning of a frame counts for one.
 */
export function hasFrameAfter(bytes: Uint8Array, offset: number, key: number | undefined): boolean {
  for (
    let at = bytes.indexOf(magic >>> 24, offset);
    at >= 0;
    at = bytes.indexOf(magic >>> 24, at + 1)
  ) {
    if (key === undefined ? frameLengthAt(bytes, at) !== undefined : frameAt(bytes, at, key)) {
      return true
    }
  }
  return false
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

function portableCrc32(bytes: Uint8Array, before: number): number {
  let crc = before ^ 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}

/** Node's own where it has one (20.15, 22.2). */
const crc32 = (builtin('node:zlib') as Partial<typeof NodeZlib> | undefined)?.crc32 ?? portableCrc32
