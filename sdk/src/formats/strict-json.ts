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
  refuseExcess(text, refuse, limits)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw refuse('', `is not JSON (${printable((error as Error).message)})`)
  }
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/**
 * Looks at each character once, before anything is built of them, and before the text is known to be JSON: what it finds in a text
 * that is none doesn't matter, as JSON.parse refuses that.
 */
function refuseExcess(text: string, refuse: Refuse, { maxDepth, maxValues }: JsonLimits): void {
  /** Names seen in each object that is open; undefined for a list. */
  const scopes: (Set<string> | undefined)[] = []
  let values = 1
  let start = 0
  let end = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote:
        start = i
        end = i = endOfString(text, i)
        break
      case colon:
        refuseSecond(text.slice(start, end + 1), scopes[scopes.length - 1], refuse)
        break
      case openObject:
      case openList:
        if (scopes.length === maxDepth) throw refuse('', `is nested deeper than ${maxDepth}`)
        scopes.push(text.charCodeAt(i) === openObject ? new Set() : undefined)
        values++
        break
      case closeObject:
      case closeList:
        scopes.pop()
        break
      case comma:
        values++
    }
    if (values > maxValues) throw refuse('', `has more than ${maxValues} values`)
  }
}

/**
 * Place of the quotation mark that ends the string which begins at a place; the text's end, if none does. Most of a receipt is
 * strings, so they are passed over by the runtime's own search.
 */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before--
    // An even number of backslashes escape each other, and not the quotation mark.
    if ((end - before) % 2 === 1) return end
  }
  return text.length
}

function refuseSecond(token: string, names: Set<string> | undefined, refuse: Refuse): void {
  if (!names) return
  const name = token.includes('\\') ? unescaped(token) : token.slice(1, -1)
  if (names.has(name)) throw refuse(name, 'is named twice')
  names.add(name)
}

function unescaped(token: string): string {
  try {
    return JSON.parse(token) as string
  } catch {
    // No JSON, which is told where all of it is parsed.
    return token
  }
}
