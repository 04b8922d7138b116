import type { TextMutation } from './mutation.ts'

/** Places after an opening brace or a comma between members, where another member can stand. */
function memberStarts(text: string): number[] {
  return [...text.matchAll(/[{,](?=\s*")/g)].map(({ index }) => index + 1)
}

const name = /\s*"((?:[^"\\]|\\.)*)"\s*:/uy

/** A member is named twice: plainly, or with escapes in one of the names, before or after the honest one, or a name of all objects. */
export const duplicateName: TextMutation = (text, { random }) => {
  const starts = memberStarts(text)
  if (starts.length === 0) return text
  const start = random.pick(starts)
  name.lastIndex = start
  const honest = name.exec(text)?.[1] ?? 'x'
  const spelled = random.pick([
    honest,
    [...honest].map((it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    honest.replace(/^./, (it) => `\\u00${it.charCodeAt(0).toString(16)}`),
    '__proto__',
    '\\u005f_proto__',
    'constructor',
  ])
  const value = random.pick(['"0x00"', 'null', '{"polluted":true}', '[]', `"${random.hex(32)}"`])
  return `${text.slice(0, start)}"${spelled}":${value},${text.slice(start)}`
}

/** Lone surrogates, controls and look-alikes, in names and in values (RFC 8259, section 8.2). */
export const strangeCharacters: TextMutation = (text, { random }) => {
  const quotes = [...text.matchAll(/"/g)].map(({ index }) => index + 1)
  if (quotes.length === 0) return text
  const at = random.pick(quotes)
  const strange = random.pick([
    ...['\\ud800', '\\udc00', '\\udbff\\ud800', '\ud800', '\udfff', '\\u0000', '\u0000', '\u001f'],
    ...[
      '\u202e',
      '\u2028',
      '\ufeff',
      '\u200b',
      '\\u202e',
      '\\/',
      '\\b',
      '\u{1F642}',
      '\\ud83d\\ude42',
    ],
    ...['\\x41', '\\u12', '\\', '\n', 'é', 'e\u0301'],
  ])
  return text.slice(0, at) + strange + text.slice(at)
}
