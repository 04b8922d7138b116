import type { Refuse } from './shape.ts'

/** Limits of what is read: far above any honest receipt, far below what would hurt. */
export const maxJsonLength = 4 * 2 ** 20
const maxDepth = 16

/**
 * Parses JSON and refuses what JSON.parse would let pass: a member named twice, of which it keeps the last (RFC 8259, section
 * 4, leaves it open), and nesting or length out of all measure.
 *
 * @param text - JSON, not trusted.
 * @param refuse - Makes the error.
 * @throws what `refuse` makes.
 */
export function parseStrictJson(text: string, refuse: Refuse): unknown {
  if (text.length > maxJsonLength) {
    throw refuse('', `is longer than ${maxJsonLength} characters`)
  }
  const names = countNames(text, refuse)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse('', `is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  // Of a member that is named twice one is gone.
  if (countMembers(value) !== names) refuseDuplicateMembers(text, refuse)
  return value
}

const [quote, colon, backslash] = [0x22, 0x3a, 0x5c]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * How many members are named, if the text is JSON. Runs before that is known, so it looks at each character once and trusts
 * nothing.
 */
function countNames(text: string, refuse: Refuse): number {
  let depth = 0
  let names = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === quote) i = endOfString(text, i)
    else if (character === colon) names++
    else if (character === openObject || character === openList) {
      if (++depth > maxDepth) throw refuse('', `is nested deeper than ${maxDepth}`)
    } else if (character === closeObject || character === closeList) depth--
  }
  return names
}

/** Where the string ends that begins at a place: most of a receipt is strings, and passed over in one go. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before--
    // An even number of backslashes escape each other, and not the quote.
    if ((end - before) % 2 === 1) return end
  }
  return text.length
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const members: unknown[] = Array.isArray(value) ? value : Object.values(value)
  let count = Array.isArray(value) ? 0 : members.length
  for (const member of members) count += countMembers(member)
  return count
}

/** Strings and brackets of a valid JSON text, one token at a time; numbers and literals are passed over. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gsu

function refuseDuplicateMembers(text: string, refuse: Refuse): void {
  const scopes: (Set<string> | undefined)[] = []
  let previous = ''
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{') scopes.push(new Set())
    else if (token === '[') scopes.push(undefined)
    else if (token === '}' || token === ']') scopes.pop()
    else if (token === ':') {
      const name = JSON.parse(previous) as string
      const names = scopes[scopes.length - 1]
      if (names?.has(name)) throw refuse(name, 'is named twice')
      names?.add(name)
    }
    previous = token
  }
}
