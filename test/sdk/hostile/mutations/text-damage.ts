import type { TextMutation } from './mutation.ts'

const pieces = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '0',
    '-',
    '1e999',
    'null',
    'true',
    'NaN',
    'Infinity',
  ],
  ...[
    '//',
    '/**/',
    "'",
    '`',
    '\u0000',
    '\ufeff',
    '<',
    '#',
    'undefined',
    '01',
    '+1',
    '.5',
    '0x1',
    ' ',
  ],
]

/** Characters are missing, more, or others. */
export const damage: TextMutation = (text, { random }) => {
  const at = random.below(text.length + 1)
  const piece = random.pick(pieces)
  const length = random.pick([0, 1, 1, 2, 30])
  return text.slice(0, at) + piece.repeat(random.pick([0, 1, 1, 3])) + text.slice(at + length)
}

/** Cut off, behind something, or with something behind. */
export const cut: TextMutation = (text, { random }) => {
  const at = random.below(text.length + 1)
  return random.pick([
    () => text.slice(0, at),
    () => text.slice(at),
    () => text + text,
    () => `\ufeff${text}`,
    () => `${text}${random.pick(pieces)}`,
    () => `${random.pick(pieces)}${text}`,
    () => '',
  ])()
}

/** Two receipts grown together in the middle. */
export const splice: TextMutation = (text, { random, world }) => {
  const other = JSON.stringify(random.pick(world.honest).receipt)
  const at = random.below(text.length + 1)
  return text.slice(0, at) + other.slice(random.chance(0.5) ? at : random.below(other.length))
}
