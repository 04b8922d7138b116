/** Writes DER, and, where a test wants it, what is none. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes])
}

export const sequence = (...members: readonly Uint8Array[]) => element(0x30, ...members)
export const set = (...members: readonly Uint8Array[]) => element(0x31, ...members)
export const octets = (...content: readonly Uint8Array[]) => element(0x04, ...content)
export const bits = (content: Uint8Array, unused = 0) => element(0x03, Buffer.of(unused), content)
export const truth = Buffer.from('0101ff', 'hex')
export const explicit = (number: number, ...content: readonly Uint8Array[]) =>
  element(0xa0 + number, ...content)
export const text = (tag: number, value: string) => element(tag, Buffer.from(value))

/** A number that is not negative, in its shortest form. */
export function integer(value: number | bigint, tag = 0x02): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return element(tag, ...((bytes[0] as number) >= 0x80 ? [Buffer.of(0)] : []), bytes)
}

/** A number from its bytes, as serial numbers are given. */
export function integerFrom(bytes: Uint8Array): Buffer {
  return integer(BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`))
}

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift(0x80 | (left % 128))
    }
    return groups
  })
  return element(0x06, Buffer.from(bytes))
}

/** A time in Unix seconds, in the form that RFC 5280 asks for. */
export function time(seconds: number): Buffer {
  const digits = new Date(seconds * 1000).toISOString().replace(/[-T:]|\.000/g, '')
  return Number(digits.slice(0, 4)) < 2050 ? text(0x17, digits.slice(2)) : text(0x18, digits)
}
