import type { Refuse, Shape } from './shape.ts'
import { parseStrictJson } from './strict-json.ts'

/**
 * Reads a value of a format and refuses everything that is not one to the letter.
 *
 * @param value - JSON text, or the value it stands for; not trusted.
 * @param refuse - Makes the error.
 * @returns A value that has the shape.
 * @throws what `refuse` makes.
 */
export function parseStrict(value: unknown, shape: Shape, refuse: Refuse): unknown {
  // A value goes through text as well: getters, prototypes and toJSON of the giver end here.
  const parsed = parseStrictJson(typeof value === 'string' ? value : toJson(value, refuse), refuse)
  shape(parsed, '', refuse)
  return parsed
}

function toJson(value: unknown, refuse: Refuse): string {
  try {
    const json: unknown = JSON.stringify(value)
    // Undefined and functions have none, whatever the type of stringify says.
    return typeof json === 'string' ? json : ''
  } catch (cause) {
    throw refuse('', 'cannot be written as JSON', { cause })
  }
}
