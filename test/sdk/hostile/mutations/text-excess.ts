import type { TextMutation } from './mutation.ts'

/** Where a value stands: behind a colon, a comma or a bracket. */
function valueAt(text: string, start: number): [number, number] | undefined {
  const match = /(?<=[:,[])("(?:[^"\\]|\\.)*"|-?[0-9.eE+-]+|null|true|false)/gu
  match.lastIndex = start
  const found = match.exec(text) ?? undefined
  return found && [found.index, found.index + found[0].length]
}

function withValue(text: string, start: number, value: string): string {
  const [from, to] = valueAt(text, start) ?? [0, text.length]
  return text.slice(0, from) + value + text.slice(to)
}

/** Nested deep, closed or not, in the place of some value. */
export const nest: TextMutation = (text, { random }) => {
  const depth = random.pick([2, 5, 17, 1_000, 100_000])
  const open = random.pick(['[', '{"a":', '[[],', '{"__proto__":'])
  const close = random.chance(0.7) ? (open.startsWith('[') ? ']' : '}').repeat(depth) : ''
  return withValue(text, random.below(text.length + 1), `${open.repeat(depth)}0${close}`)
}

/** A number that no type holds. */
export const hugeNumber: TextMutation = (text, { random }) => {
  const digits = random.pick([20, 400, 100_000])
  const value = random.pick([
    '9'.repeat(digits),
    `-${'9'.repeat(digits)}`,
    `0.${'3'.repeat(digits)}`,
    `1e${'9'.repeat(digits)}`,
    `1e-${'9'.repeat(digits)}`,
    '-0',
    '1e309',
    '9007199254740993',
  ])
  return withValue(text, random.below(text.length + 1), value)
}

/** Long, wide, or both; now and then as long as a text may be. */
export const inflate: TextMutation = (text, { random }) => {
  const length = random.pick([1_000, 10_000, 10_000, random.chance(0.1) ? 4_190_000 : 100_000])
  const repeat = (unit: string) => unit.repeat(Math.floor(length / unit.length))
  const value = random.pick([
    () => `"0x${repeat('ab')}"`,
    () => `"${repeat('7')}"`,
    () => `"${repeat('\\"')}"`,
    () => `"${repeat('\\u0041')}"`,
    () => `"${repeat('🙂')}"`,
    () => `[${repeat('0,')}0]`,
    () => `[${repeat('[],')}0]`,
    () => `[${repeat(`"${random.hex(32)}",`)}0]`,
    () => `{${repeat('"a":0,')}"b":0}`,
    () =>
      `{${Array.from({ length: Math.floor(length / 12) }, (_, i) => `"${i}":0,`).join('')}"b":0}`,
    () => repeat(' \t\r\n'),
  ])()
  return withValue(text, random.below(text.length + 1), value)
}
