import { jsonTextOf } from './json-text.ts'
import type { Refuse, Shape } from './shape.ts'
import { defaultJsonLimits, parseStrictJson } from './strict-json.ts'

/**
 * Reads a value of a format and refuses everything that is not one to the letter.
 *
 * @param value - JSON text, or the value it stands for; not trusted.
 * @param refuse - Makes the error.
 * @returns A value that has the shape.
 * @throws what `refuse` makes.
 */
export function parseStrict(
  value: unknown,
  shape: Shape,
  refuse: Refuse,
  limits = defaultJsonLimits,
): unknown {
  const text = typeof value === 'string' ? value : jsonTextOf(value, refuse, limits)
  const parsed = parseStrictJson(text, refuse, limits)
  shape(parsed, '', refuse)
  return parsed
}
