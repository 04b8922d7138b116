import type { Random } from '../../contracts/support/random.ts'
import { mutate } from './mutations.ts'

/** JSON that readers trip over: numbers that are none, texts without Unicode, names of what every object has, ends of ranges. */
const odd = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e21', '1e400', '9007199254740993', '4294967296'],
  ...['""', '"0x"', '"\\ud800"', '"\\ufffd"', '"\\u0000"', `"${'9'.repeat(2_000)}"`],
  ...['[]', '[null]', '[[]]', '{}', '{"toString":1}', '{"__proto__":{"type":1}}', '{"length":1}'],
  `${'['.repeat(500)}${']'.repeat(500)}`,
]

type Members = Record<string, unknown>
type Place = readonly (string | number)[]

/** What stands where no value of JSON can: its text follows when all is written. */
const written = '@written@'

/**
 * JSON of a value that is changed at one place: another text, number or kind of value, a member less, more, or of another name, an item
 * twice or less.
 */
export function mutateJson(value: unknown, random: Random): string {
  const root: unknown = structuredClone(value)
  const [place, parent] = random.pick(placesIn(root))
  const name = place.at(-1)!
  if (random.chance(0.25) && isObject(parent)) {
    changeMembers(parent, String(name), random)
    return JSON.stringify(root)
  }
  if (random.chance(0.1) && Array.isArray(parent)) {
    parent.splice(Number(name), 1, ...(random.chance(0.5) ? [] : Array(2).fill(parent[+name])))
    return JSON.stringify(root)
  }
  const members = parent as Members
  const text = random.chance(0.7) ? changedText(members[name], random) : random.pick(odd)
  members[name] = written
  return JSON.stringify(root).replace(`"${written}"`, () => text)
}

/** All places but the whole, with what they are in. */
function placesIn(value: unknown, at: Place = []): [Place, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((key) => {
    const name = Array.isArray(value) ? Number(key) : key
    const place = [...at, name]
    return [[place, value] as [Place, unknown], ...placesIn((value as Members)[key], place)]
  })
}

function changeMembers(object: Members, name: string, random: Random): void {
  const { [name]: value } = object
  const way = random.below(4)
  if (way < 2) Reflect.deleteProperty(object, name)
  if (way === 1) object[`${name}_`] = value
  if (way === 2) object[random.pick(['more', 'type', 'toString', 'signature'])] = value
  if (way === 3) object[name] = object[random.pick(Object.keys(object))]
}

/** Another value of the same kind. */
function changedText(value: unknown, random: Random): string {
  if (typeof value === 'number') {
    const by = random.pick([1, -1, 0.5, 2 ** 32, -(2 ** 32), random.below(2 ** 31)])
    return JSON.stringify(value + by)
  }
  if (typeof value !== 'string' || value === '') return random.pick(odd)
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length > 20 && bytes.toString('base64') === value && random.chance(0.7)) {
    return JSON.stringify(mutate(bytes, random).toString('base64'))
  }
  // Half of a pair has the same bytes in UTF-8 as what is put in place of such.
  if (value.includes('\ufffd') && random.chance(0.3)) {
    return JSON.stringify(value.replace('\ufffd', '\ud800'))
  }
  return JSON.stringify(mutate(Buffer.from(value), random).toString())
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
