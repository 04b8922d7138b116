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
  refuseDeepNesting(text, refuse)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse('', `is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  refuseDuplicateMembers(text, refuse)
  return value
}

/** Runs before the text is known to be JSON, so it looks at each character once and trusts nothing. */
function refuseDeepNesting(text: string, refuse: Refuse): void {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (inString) {
      if (character === '\\') i++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') {
      if (++depth > maxDepth) throw refuse('', `is nested deeper than ${maxDepth}`)
    } else if (character === '}' || character === ']') depth--
  }
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
