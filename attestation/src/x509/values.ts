import { MalformedError } from '../judging/errors.ts'
import { contentOf, type Der, tags } from './der.ts'

/** An object identifier in dotted decimals. */
export function oidOf(element: Der | undefined): string {
  const content = contentOf(element, tags.objectIdentifier)
  if (!content.length || content.length > 32) throw new MalformedError('has an odd identifier')
  const arcs: number[] = []
  let arc = 0
  let begun = false
  for (const byte of content) {
    if (!begun && byte === 0x80) throw new MalformedError('has an arc with leading zeros')
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new MalformedError('has an excessive arc')
    begun = byte >= 0x80
    if (begun) continue
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40))
      arcs.push(root, arc - root * 40)
    } else arcs.push(arc)
    arc = 0
  }
  if (begun) throw new MalformedError('has an identifier that is cut off')
  return arcs.join('.')
}

/** The bytes of an integer in its shortest form: two's complement, big-endian. */
export function integerBytes(element: Der | undefined, tag: number = tags.integer): Uint8Array {
  const content = contentOf(element, tag)
  const [first, second] = content
  if (first === undefined) throw new MalformedError('has an empty integer')
  const padded =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (padded) throw new MalformedError('has an integer that is not in its shortest form')
  return content
}

/** An integer from zero to 2³¹ − 1. */
export function smallInteger(element: Der | undefined, tag: number = tags.integer): number {
  const bytes = integerBytes(element, tag)
  if (bytes.length > 4 || (bytes[0] as number) >= 0x80) {
    throw new MalformedError('has an integer that is negative or too large')
  }
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

/** A boolean. */
export function booleanOf(element: Der | undefined): boolean {
  const content = contentOf(element, tags.boolean)
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
    throw new MalformedError('has a boolean that is neither 00 nor ff')
  }
  return content[0] === 0xff
}

/** The bytes of a bit string that has whole bytes only. */
export function bitStringBytes(element: Der | undefined): Uint8Array {
  const content = contentOf(element, tags.bitString)
  if (content[0] !== 0) throw new MalformedError('has a bit string of broken bytes')
  return content.subarray(1)
}

/**
 * The bits of a named bit list: which of the first sixteen are set. Zeros at its end, which DER has no room for, are taken: AMD's signing
 * keys have one in their key usage.
 */
export function namedBits(element: Der | undefined): (bit: number) => boolean {
  const [unused, ...bytes] = contentOf(element, tags.bitString)
  const last = bytes.at(-1)
  if (unused === undefined || unused > 7 || last === undefined || bytes.length > 2) {
    throw new MalformedError('has an odd list of bits')
  }
  if ((last & ((1 << unused) - 1)) !== 0) {
    throw new MalformedError('has a list of bits that goes beyond its end')
  }
  return (bit) => (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
}

/** A time of a certificate in Unix seconds. RFC 5280, section 4.1.2.5. */
export function timeOf(element: Der | undefined): number {
  const text = Buffer.from(element?.content ?? []).toString('latin1')
  const long = element?.tag === tags.generalizedTime
  if (!long && element?.tag !== tags.utcTime) throw new MalformedError('has no time')
  const found = (long ? /^(\d{4})(\d{10})Z$/ : /^(\d{2})(\d{10})Z$/).exec(text)
  if (!found) throw new MalformedError('has a time of another form')
  const given = Number(found[1])
  const year = long ? given : given < 50 ? 2000 + given : 1900 + given
  // What fits the short form is written in it.
  if (long && year < 2050) throw new MalformedError('has a time that is not in its shortest form')
  const [month, day, hour, minute, second] = (found[2] as string).match(/../g)!.map(Number)
  const time = new Date(0)
  time.setUTCFullYear(year, month! - 1, day)
  time.setUTCHours(hour!, minute, second)
  const again = time.toISOString().replace(/[-T:]|\.000/g, '')
  if (again !== `${String(year).padStart(4, '0')}${found[2]}Z`) {
    throw new MalformedError('has a time that does not exist')
  }
  return time.getTime() / 1000
}
