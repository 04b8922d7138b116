import type { Random } from '../../../contracts/support/random.ts'
import type { Json } from './mutation.ts'

/** Where something stands: the object or list that holds it, and its name there. */
export type Place = { holder: Json; name: string; path: string[] }

/** A mutation may nest thousands of levels; what stands far down in them is no case of its own. */
const maxDepth = 100

/** Every place in a value but the value itself, not too far down. */
export function placesIn(value: unknown, path: string[] = []): Place[] {
  if (typeof value !== 'object' || value === null || path.length === maxDepth) return []
  const holder = value as Json
  return Object.keys(holder).flatMap((name) => [
    { holder, name, path: [...path, name] },
    ...placesIn(holder[name], [...path, name]),
  ])
}

/** A place, of all or of those that hold something of a kind; undefined if there is none. */
export function pickPlace(
  value: unknown,
  random: Random,
  accepts: (held: unknown) => boolean = () => true,
): Place | undefined {
  const found = placesIn(value).filter(({ holder, name }) => accepts(holder[name]))
  return found.length > 0 ? random.pick(found) : undefined
}

export const isText = (held: unknown): held is string => typeof held === 'string'
export const isHex = (held: unknown): held is string => isText(held) && held.startsWith('0x')
export const isDigits = (held: unknown): held is string => isText(held) && /^[0-9]+$/.test(held)

/** What stands at a path, if the value has it. */
export function at(value: unknown, ...path: string[]): unknown {
  let part = value
  for (const name of path) {
    // What every object inherits is no part of it.
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined
    part = (part as Json)[name]
  }
  return part
}

/** Puts something at a path; nothing happens where the path leads nowhere. */
export function put(value: unknown, path: readonly string[], held: unknown): void {
  const holder = at(value, ...path.slice(0, -1))
  if (typeof holder !== 'object' || holder === null) return
  // A list takes no length that is none.
  if (Array.isArray(holder) && path.at(-1) === 'length') return
  Object.defineProperty(holder, path.at(-1) as string, {
    ...{ value: held, enumerable: true, configurable: true, writable: true },
  })
}

export const objectAt = (value: unknown, ...path: string[]): Json => {
  const found = at(value, ...path)
  return typeof found === 'object' && found !== null ? (found as Json) : {}
}

export const listAt = (value: unknown, ...path: string[]): unknown[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}
