import { MalformedError } from '../judging/errors.ts'

/**
 * An element of DER. It is read here rather than by a library of ASN.1: those take BER too, which lets one certificate be written in
 * many ways, and the one at hand needs 2 to 19 ms a certificate (docs/decisions/0024).
 */
export type Der = {
  /** The identifier octet; tags have numbers below 31. */
  tag: number
  /** The element with its identifier and length. */
  whole: Uint8Array
  content: Uint8Array
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/**
 * The one element that bytes consist of.
 *
 * @throws MalformedError
 */
export function readDer(bytes: Uint8Array): Der {
  const element = elementAt(bytes, 0)
  if (element.whole.length !== bytes.length) throw new MalformedError('has bytes after its end')
  return element
}

/**
 * The elements that bytes consist of, one after the other. Their contents are not looked into.
 *
 * @throws MalformedError
 */
export function readElements(bytes: Uint8Array): Der[] {
  const elements: Der[] = []
  for (let offset = 0; offset < bytes.length;) {
    const element = elementAt(bytes, offset)
    elements.push(element)
    offset += element.whole.length
  }
  return elements
}

/**
 * The elements of a sequence.
 *
 * @throws MalformedError
 */
export function sequenceOf(element: Der | undefined): Der[] {
  return readElements(contentOf(element, tags.sequence))
}

/**
 * The content of an element of a certain tag.
 *
 * @throws MalformedError
 */
export function contentOf(element: Der | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) {
    const found = element ? element.tag.toString(16) : 'nothing'
    throw new MalformedError(`has ${found} where the tag ${tag.toString(16)} belongs`)
  }
  return element.content
}

function elementAt(bytes: Uint8Array, start: number): Der {
  const tag = bytes[start]
  const first = bytes[start + 1]
  if (tag === undefined || first === undefined) throw new MalformedError('is cut off')
  if ((tag & 0x1f) === 0x1f) throw new MalformedError('has a tag of more than one byte')
  let length = first
  let from = start + 2
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size === 0 || size > 3) throw new MalformedError('has an indefinite or excessive length')
    length = 0
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[from + i] ?? NaN)
    from += size
    // The shortest form only; a comparison with NaN fails as well.
    if (!(length >= 0x80 && length >= 256 ** (size - 1))) {
      throw new MalformedError('has a length that is not in its shortest form')
    }
  }
  const end = from + length
  if (end > bytes.length) throw new MalformedError('is cut off')
  return { tag, whole: bytes.subarray(start, end), content: bytes.subarray(from, end) }
}
