import type { Refuse } from './shape.ts'
import { defaultJsonLimits, type JsonLimits } from './strict-json.ts'

/**
 * JSON of a value, for `parseStrictJson`: getters, prototypes and toJSON of the giver end here.
 *
 * @param value - Not trusted.
 * @param refuse - Makes the error.
 * @throws what `refuse` makes.
 */
export function jsonTextOf(value: unknown, refuse: Refuse, limits = defaultJsonLimits): string {
  let excess: string | undefined
  let json: unknown
  try {
    excess = excessOf(value, limits)
    if (excess === undefined) json = JSON.stringify(value)
  } catch (cause) {
    throw refuse('', 'cannot be written as JSON', { cause })
  }
  if (excess !== undefined) throw refuse('', excess)
  // Undefined and functions have none, whatever the type of stringify says.
  return typeof json === 'string' ? json : ''
}

/**
 * What a value has too much of, if something. Parts that are shared count each time, as in the text: a few objects that hold each
 * other twice, which a message between windows can carry, give a text that fills any memory.
 */
function excessOf(value: unknown, { maxLength, maxValues }: JsonLimits): string | undefined {
  const waiting = [value]
  let values = 0
  let length = 0
  while (waiting.length > 0) {
    const item = waiting.pop()
    values++
    if (typeof item === 'string') length += item.length
    else if (typeof item === 'object' && item !== null) {
      if (!Array.isArray(item) && !isPlain(item)) return 'holds what JSON has not'
      const parts: unknown[] = Array.isArray(item) ? item : Object.values(item)
      const rest = maxValues - values - waiting.length
      // A list may say that it is four billion long: no more is looked at than it takes to refuse it.
      for (let i = 0; i < parts.length && i <= rest; i++) waiting.push(parts[i])
    }
    if (values + waiting.length > maxValues) return `has more than ${maxValues} values`
    if (length > maxLength) return `is longer than ${maxLength} characters`
  }
  return undefined
}

/** Byte arrays, boxed strings and the like would be listed by each of their parts. */
function isPlain(item: object): boolean {
  return Object.prototype.toString.call(item) === '[object Object]'
}
