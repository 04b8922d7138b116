import type { Json, TextMutation, ValueMutation } from './mutation.ts'
import { listAt, objectAt, put } from './places.ts'

/** Some fields are not shown: redaction, which anyone may do. */
export const redact: ValueMutation = (receipt, { random }) => {
  const opened = listAt(receipt, 'fields', 'opened').filter(() => random.chance(0.5))
  put(receipt, ['fields', 'opened'], opened)
  // Without the field that binds them, messages are none.
  if (opened.some((field) => objectAt(field).name === 'messages')) return receipt
  const { messages: _, ...rest } = receipt
  return rest
}

/** Some messages are not shown, or none, or not even that there are any but for the field that binds them. */
export const redactMessages: ValueMutation = (receipt, { random }) => {
  const opened = listAt(receipt, 'messages', 'opened').filter(() => random.chance(0.5))
  put(receipt, ['messages', 'opened'], opened)
  if (random.chance(0.8)) return receipt
  const { messages: _, ...rest } = receipt
  return rest
}

/** The text of some messages, by who has the request. */
export const attachTexts: ValueMutation = (receipt, { random, base: { texts } }) => {
  for (const message of listAt(receipt, 'messages', 'opened').map((it) => objectAt(it))) {
    const json = texts[Number(message.index)]
    if (json !== undefined && random.chance(0.5)) message.json = json
  }
  return receipt
}

/** Fields and messages are shown in another order. */
export const reorderOpenings: ValueMutation = (receipt) => {
  for (const holder of ['fields', 'messages']) {
    put(receipt, [holder, 'opened'], listAt(receipt, holder, 'opened').toReversed())
  }
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
