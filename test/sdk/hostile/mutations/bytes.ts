import type { BytesMutation } from './mutation.ts'

/** Bits of the file are others. */
export const flipBits: BytesMutation = (bytes, { random }) => {
  const copy = Uint8Array.from(bytes)
  for (let i = 0; i < random.pick([1, 1, 2, 8]) && copy.length > 0; i++) {
    const at = random.below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  }
  return copy
}

/** Sequences that are no UTF-8 (RFC 3629), or none that are allowed: overlong, surrogates, cut off, above the last character. */
export const breakUtf8: BytesMutation = (bytes, { random }) => {
  const at = random.below(bytes.length + 1)
  const broken = random.pick([
    [0xff],
    [0x80],
    [0xc0, 0xa2],
    [0xe0, 0x80, 0xa2],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f, 0x99],
    [0xf4, 0x90, 0x80, 0x80],
    [0xef, 0xbb, 0xbf],
    [0x00],
    [0xff, 0xfe],
  ])
  return Uint8Array.from([...bytes.subarray(0, at), ...broken, ...bytes.subarray(at)])
}

/** The file in another encoding, UTF-16. */
export const reencode: BytesMutation = (bytes) =>
  Uint8Array.from([0xff, 0xfe, ...Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le')])
