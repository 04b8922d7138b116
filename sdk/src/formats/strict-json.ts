import { printable } from '../errors/printable.ts'
import type { Refuse } from './shape.ts'

/** How much of JSON is read: far above what is honest, far below what would hurt. */
export type JsonLimits = {
  /** UTF-16 code units. */
  maxLength: number
  maxDepth: number
  /** Objects, lists and what stands in them: each costs memory, however short it is written. */
  maxValues: number
}

export const defaultJsonLimits: JsonLimits = {
  maxLength: 4 * 2 ** 20,
  maxDepth: 16,
  maxValues: 100_000,
}

/**
 * Parses JSON and refuses what JSON.parse would let pass: a member named twice, of which it keeps the last (RFC 8259, section
 * 4, leaves it open), and nesting, length or number of values out of all measure.
 *
 * @param text - JSON, not trusted.
 * @param refuse - Makes the error.
 * @throws what `refuse` makes.
 */
export function parseStrictJson(text: string, refuse: Refuse, limits = defaultJsonLimits): unknown {
  if (text.length > limits.maxLength) {
    throw refuse('', `is longer than ${limits.maxLength} characters`)
  }
  const names = countNames(text, refuse, limits)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse('', `is not JSON (${printable((error as Error).message)})`)
  }
  // Of a member that is named twice one is gone.
  if (countMembers(value) !== names) refuseDuplicateMembers(text, refuse)
  return value
}

/** Longest name of a member, as written: no format of ours has one of half the length. */
const maxNameLength = 256

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/** All that counts outside of strings, found by the runtime's own search: most of a long text is none of it. */
const structural = /[":,{}[\]]/g

/**
 * How many members are named. Looks at what gives a text its structure once, before anything is built of it, and before the text
 * is known to be JSON: it ends where the text can't be JSON any more, as JSON.parse refuses that.
 */
function countNames(text: string, refuse: Refuse, { maxDepth, maxValues }: JsonLimits): number {
  let depth = 0
  let values = 1
  let names = 0
  let strings = 0
  let start = 0
  let end = 0
  structural.lastIndex = 0
  for (let found = structural.exec(text); found; found = structural.exec(text)) {
    switch (text.charCodeAt(found.index)) {
      case quote:
        start = found.index + 1
        end = endOfString(text, found.index)
        structural.lastIndex = end + 1
        strings++
        break
      case colon:
        if (end - start > maxNameLength) {
          throw refuse(text.slice(start, start + 64), 'is too long for a name')
        }
        names++
        break
      case openObject:
      case openList:
        if (depth++ === maxDepth) throw refuse('', `is nested deeper than ${maxDepth}`)
        values++
        break
      case comma:
        values++
        break
      default:
        depth--
    }
    if (values > maxValues) throw refuse('', `has more than ${maxValues} values`)
    // An opening bracket or a comma stands before each member and each item, so that neither can be more.
    if (depth < 0 || names > values || strings > 2 * values) break
  }
  return names
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const isList = Array.isArray(value)
  const parts: unknown[] = isList ? value : Object.values(value)
  let count = isList ? 0 : parts.length
  for (let i = 0; i < parts.length; i++) count += countMembers(parts[i])
  return count
}

/** Finds the member that a text, which is JSON, names twice. */
function refuseDuplicateMembers(text: string, refuse: Refuse): void {
  /** Names seen in each object that is open; undefined for a list. */
  const scopes: (Set<string> | undefined)[] = []
  let string = ''
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote: {
        const end = endOfString(text, i)
        string = text.slice(i, end + 1)
        i = end
        break
      }
      case colon: {
        const name = JSON.parse(string) as string
        const names = scopes[scopes.length - 1]
        if (names?.has(name)) throw refuse(name, 'is named twice')
        names?.add(name)
        break
      }
      case openObject:
        scopes.push(new Set())
        break
      case openList:
        scopes.push(undefined)
        break
      case closeObject:
      case closeList:
        scopes.pop()
    }
  }
}

/**
 * Place of the quotation mark that ends the string which begins at a place; the text's end, if none does. Most of a receipt is
 * strings without escapes, so these are passed over by the runtime's own search.
 */
function endOfString(text: string, start: number): number {
  const next = text.indexOf('"', start + 1)
  if (next < 0) return text.length
  if (text.charCodeAt(next - 1) !== backslash) return next
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) return i
    if (code === backslash) i++
  }
  return text.length
}
