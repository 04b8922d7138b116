import type { Json, TextMutation, ValueMutation } from './mutation.ts'
import { listAt, put } from './places.ts'

/** Some fields are not shown: redaction, which anyone may do. */
export const redact: ValueMutation = (receipt, { random }) => {
  const opened = listAt(receipt, 'fields', 'opened')
  put(
    receipt,
    ['fields', 'opened'],
    opened.filter(() => random.chance(0.5)),
  )
  return receipt
}

/** Fields are shown in another order. */
export const reorderOpenings: ValueMutation = (receipt) => {
  put(receipt, ['fields', 'opened'], listAt(receipt, 'fields', 'opened').toReversed())
  return receipt
}

/** No hints. */
export const dropHints: ValueMutation = (receipt) => {
  put(receipt, ['hints'], {})
  return receipt
}

/** The members of every object in another order. */
export const reorderMembers: ValueMutation = (receipt) => reversed(receipt)

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as Json)
      .toReversed()
      .map(([name, part]) => [name, reversed(part)]),
  )
}

/** Other white space between tokens (RFC 8259, section 2). */
export const indent: TextMutation = (text, { random }) => {
  try {
    const spaced = JSON.stringify(JSON.parse(text), null, random.pick([1, 2, '\t']))
    return ` \r\n\t${spaced.replaceAll('\n', random.pick(['\n', '\r\n', '\n\n']))}\n`
  } catch {
    return text
  }
}

/** Characters written as escapes, which mean the same (RFC 8259, section 7). */
export const escapeCharacters: TextMutation = (text, { random }) => {
  const letter = random.pick(['a', 'e', 'h', 'o', 'p', 's', '0'])
  const code = letter.charCodeAt(0).toString(16).padStart(4, '0')
  const escape = `\\u${random.chance(0.5) ? code : code.toUpperCase()}`
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/gsu, (token) =>
    token.replaceAll(new RegExp(`(?<!\\\\.{0,4})${letter}`, 'g'), escape),
  )
}
