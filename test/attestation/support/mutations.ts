import type { Random } from '../../contracts/support/random.ts'

/** Values that readers trip over: ends of ranges, lengths, tags of ASN.1 and CBOR. */
const odd = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x30, 0x31, 0x40, 0x58, 0x5f, 0x7f, 0x80, 0x81,
  0x82, 0x84, 0x9f, 0xa0, 0xbf, 0xff,
]

const ways = {
  flip: (bytes: Buffer, random: Random) => {
    const changed = Buffer.from(bytes)
    const times = 1 + random.below(3)
    for (let i = 0; i < times; i++) changed[random.below(bytes.length)]! ^= 1 << random.below(8)
    return changed
  },
  set: (bytes: Buffer, random: Random) => {
    const changed = Buffer.from(bytes)
    changed[random.below(bytes.length)] = random.chance(0.5) ? random.pick(odd) : random.below(256)
    return changed
  },
  cut: (bytes: Buffer, random: Random) => bytes.subarray(0, random.below(bytes.length)),
  remove: (bytes: Buffer, random: Random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  repeat: (bytes: Buffer, random: Random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  insert: (bytes: Buffer, random: Random) => {
    const at = random.below(bytes.length + 1)
    const more = Buffer.from(Array.from({ length: 1 + random.below(6) }, () => random.below(256)))
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
  },
  blank: (bytes: Buffer, random: Random) => {
    const [from, to] = range(bytes, random)
    return Buffer.from(bytes).fill(random.chance(0.5) ? 0 : 0xff, from, to)
  },
  move: (bytes: Buffer, random: Random) => {
    const [from, to] = range(bytes, random)
    const changed = Buffer.from(bytes)
    bytes.copy(changed, random.below(bytes.length), from, to)
    return changed
  },
} satisfies Record<string, (bytes: Buffer, random: Random) => Buffer>

/** Bytes that are changed in some way, and are others than before. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  const way = random.pick(Object.values(ways))
  const changed = way(bytes, random)
  return changed.equals(bytes) ? mutate(bytes, random) : changed
}

function range(bytes: Buffer, random: Random): [number, number] {
  const from = random.below(bytes.length)
  return [from, Math.min(bytes.length, from + 1 + random.below(64))]
}
