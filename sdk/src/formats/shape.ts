import type { InvalidInputError } from '../errors/input.ts'

/** Makes the error for a value that has not its shape. */
export type Refuse = (
  path: string,
  problem: string,
  options?: { cause: unknown },
) => InvalidInputError

/** Checks a value and everything in it; throws what `refuse` makes. */
export type Shape = (value: unknown, path: string, refuse: Refuse) => void

/** Lower-case hex of exactly so many bytes. */
export function hexOf(bytes: number): Shape {
  const length = 2 + bytes * 2
  return (value, path, refuse) => {
    if (typeof value !== 'string' || value.length !== length || !/^0x[0-9a-f]+$/.test(value)) {
      throw refuse(path, `must be 0x and ${bytes * 2} lower-case hex digits`)
    }
  }
}

/** Lower-case hex of any number of whole bytes up to a limit. */
export function hexUpTo(bytes: number): Shape {
  return (value, path, refuse) => {
    const fits =
      typeof value === 'string' && value.length <= 2 + 2 * bytes && value.length % 2 === 0
    // No repeated group: for a megabyte of digits its way back would fill the expression's stack.
    if (!fits || !value.startsWith('0x') || /[^0-9a-f]/.test(value.slice(2))) {
      throw refuse(
        path,
        `must be 0x and an even number of lower-case hex digits, at most ${2 * bytes}`,
      )
    }
  }
}

/** An integer from 0, as decimal digits in a string, below a power of two. */
export function digits(bits: number): Shape {
  const limit = 2n ** BigInt(bits)
  const maxLength = String(limit).length
  return (value, path, refuse) => {
    const fits =
      typeof value === 'string' && value.length <= maxLength && /^(?:0|[1-9][0-9]*)$/.test(value)
    if (!fits || BigInt(value) >= limit) {
      throw refuse(path, `must be decimal digits in a string, below 2^${bits}`)
    }
  }
}

/** One of some texts. */
export function oneOf(...texts: readonly string[]): Shape {
  return (value, path, refuse) => {
    if (typeof value !== 'string' || !texts.includes(value)) {
      throw refuse(path, `must be ${texts.map((text) => `"${text}"`).join(' or ')}`)
    }
  }
}

/** A text up to a number of UTF-16 code units, without lone surrogates. */
export function text(maxLength: number): Shape {
  return (value, path, refuse) => {
    if (typeof value !== 'string' || value.length > maxLength || /[\ud800-\udfff]/u.test(value)) {
      throw refuse(path, `must be a text of at most ${maxLength} characters`)
    }
  }
}

/** A list up to a length. */
export function listOf(item: Shape, maxLength: number, minLength = 0): Shape {
  return (value, path, refuse) => {
    if (!Array.isArray(value) || value.length > maxLength || value.length < minLength) {
      const least = minLength > 0 ? `at least ${minLength} and ` : ''
      throw refuse(path, `must be a list of ${least}at most ${maxLength}`)
    }
    let i = 0
    const inside: Refuse = (inner, ...problem) => refuse(joined(`${path}[${i}]`, inner), ...problem)
    for (; i < value.length; i++) item(value[i], '', inside)
  }
}

/** An object with all of some members, perhaps others, and nothing else. */
export function objectOf(
  required: Record<string, Shape>,
  optional: Record<string, Shape> = {},
): Shape {
  const shapes = Object.entries({ ...required, ...optional })
  return (value, path, refuse) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refuse(path, 'must be an object')
    }
    const members = value as Record<string, unknown>
    let known = 0
    for (const [name] of shapes) if (Object.hasOwn(members, name)) known++
    const names = Object.keys(members)
    const unknown =
      names.length > known && names.find((name) => !shapes.some(([it]) => it === name))
    if (unknown !== false && unknown !== undefined) {
      throw refuse(joined(path, unknown), 'is no member of this format')
    }
    let current = ''
    const inside: Refuse = (inner, ...problem) =>
      refuse(joined(joined(path, current), inner), ...problem)
    for (const [name, shape] of shapes) {
      if (Object.hasOwn(members, name)) {
        current = name
        shape(members[name], '', inside)
      } else if (Object.hasOwn(required, name)) throw refuse(joined(path, name), 'is missing')
    }
  }
}

/** Where something is. Put together only where it is refused: a receipt has a hundred places, and is read a million times. */
function joined(outer: string, inner: string): string {
  return outer && inner && !inner.startsWith('[') ? `${outer}.${inner}` : outer + inner
}

/** A whole number, as JSON has it. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Shape {
  return (value, path, refuse) => {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      throw refuse(path, `must be a whole number from ${least} to ${most}`)
    }
  }
}

/** One of several shapes: the first that fits; what the last one says is wrong, if none does. */
export function eitherOf(...shapes: readonly Shape[]): Shape {
  return (value, path, refuse) => {
    for (const [i, shape] of shapes.entries()) {
      try {
        shape(value, path, refuse)
        return
      } catch (error) {
        if (i === shapes.length - 1) throw error
      }
    }
  }
}

/** An object whose members' names all have one form, and whose members have one shape. */
export function recordOf(name: RegExp, member: Shape, maxMembers: number): Shape {
  return (value, path, refuse) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refuse(path, 'must be an object')
    }
    const members = Object.entries(value)
    if (members.length > maxMembers) throw refuse(path, `has more than ${maxMembers} members`)
    for (const [key, item] of members) {
      const at = path ? `${path}.${key}` : key
      if (!name.test(key)) throw refuse(at, 'is no name that a member here can have')
      member(item, at, refuse)
    }
  }
}
