import type { InferenceReceipt } from '@assay/sdk'
import type { Random } from '../../../contracts/support/random.ts'
import { placesIn, put } from '../mutations/places.ts'

/** A receipt with one part of it repeated until the text is as long as may be. */
export type Excess = {
  /** Of the part's place; empty for the receipt as a whole. */
  path: string[]
  before: string
  /** What is repeated. */
  unit: string
  after: string
  /** Length of the text, in UTF-16 code units. */
  length: number
}

/** Above what is read at all there is nothing to find. */
export const mostRead = 4 * 2 ** 20

const marker = 'what is repeated stands here'

/** Writes the text. */
export function textOf({ path, before, unit, after, length }: Excess, honest: InferenceReceipt) {
  const receipt = structuredClone(honest)
  if (path.length > 0) put(receipt, path, marker)
  const around = path.length > 0 ? JSON.stringify(receipt) : `"${marker}"`
  const rest = length - around.length - before.length - after.length
  const part = before + unit.repeat(Math.max(0, Math.floor(rest / unit.length))) + after
  return around.replace(`"${marker}"`, () => part)
}

/** Shapes that were slow somewhere, or would be in a reader that is written carelessly. */
export function knownShapes(): Excess[] {
  const whole = (before: string, unit: string, after: string): Excess => ({
    ...{ path: [], before, unit, after, length: mostRead },
  })
  const at = (path: string, before: string, unit: string, after: string): Excess => ({
    ...{ path: path.split('.'), before, unit, after, length: mostRead },
  })
  return [
    whole('[', '[],', '0]'),
    whole('', '[', ''),
    whole('', '{"a":', '0'),
    whole('{', '"":0,', '"a":0}'),
    whole('[', '0,', '0]'),
    whole('', ' ', '0'),
    whole('', '1', ''),
    whole('0.', '1', ''),
    whole('1e', '9', ''),
    whole('"', '\\u0000', '"'),
    whole('"', '\\"', '"'),
    whole('"', '\\', '"'),
    whole('"', '🙂', '"'),
    whole('{"', '\\u001b', '":0}'),
    whole('{', '"\\u0061":', '0}'),
    at('batch.signature', '"0x', 'a', '"'),
    at('log.chainId', '"', '1', '"'),
    at('hints.uri', '"', '\\ud800', '"'),
    // A digest, and a name that is shown to people.
    ...[0, 5].flatMap((i) => [
      // As long as a value may be, and longer.
      { ...at(`fields.opened.${i}.value`, '"0x', '1b', '"'), length: 2 ** 21 },
      at(`fields.opened.${i}.value`, '"0x', '1b', '"'),
      at(`fields.opened.${i}.value`, '"0x', 'A', '"'),
      at(`fields.opened.${i}.name`, '"', '\u202e', '"'),
    ]),
    at('fields.opened', '[', '{"index":"0"},', '0]'),
    at('fields.leafHashes', '[', `"0x${'ab'.repeat(32)}",`, '0]'),
    at('batch.proof', '[', `"0x${'ab'.repeat(32)}",`, '0]'),
  ]
}

const tokens = [
  ...[
    '"',
    '\\',
    '\\"',
    '\\\\',
    '\\u0061',
    '\\ud83d',
    '{',
    '}',
    '[',
    ']',
    '{}',
    '[]',
    '{"',
    '":',
    ',',
  ],
  ...['0', '1e5', '-', '.', 'a', '0x', '\n', ' ', '🙂', '\u202e', '\ufeff', 'é', 'null', '"a":0,'],
]

/** A shape that differs a little. */
export function varied(shape: Excess, honest: InferenceReceipt, random: Random): Excess {
  const token = random.pick(tokens)
  return random.pick<() => Excess>([
    () => ({ ...shape, unit: shape.unit + token }),
    () => ({ ...shape, unit: token + shape.unit }),
    () => ({ ...shape, unit: shape.unit.slice(1) || token }),
    () => ({ ...shape, unit: token }),
    () => ({ ...shape, before: shape.before + token }),
    () => ({ ...shape, before: token }),
    () => ({ ...shape, after: token + shape.after }),
    () => ({ ...shape, after: token }),
    () => ({ ...shape, path: random.pick(placesIn(honest)).path }),
    () => ({ ...shape, length: random.pick([mostRead, mostRead / 2, mostRead / 4, 100_000]) }),
  ])()
}
