/**
 * Characters that a terminal acts upon or does not show: controls and escapes (C0, C1), overrides of the direction of text
 * (Unicode TR 36, section 3.4), joiners and tags, line separators, lone surrogates, private and unassigned ones, and what is
 * ignored by default.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
/** Marks that are stacked upon a letter run over the lines above and below. */
const stacked = /(\p{M}{4})\p{M}+/gu

/** Longest text of somebody else's that is shown in one piece, in UTF-16 code units. */
const maxLength = 400

/**
 * A text that somebody else chose, as one line that shows all that is in it and does nothing to a terminal. What is not visible
 * is written as `\u{1b}`.
 */
export function plain(text: string): string {
  return text
    .replaceAll(stacked, (marks, kept: string) => kept + escape(marks.slice(kept.length)))
    .replaceAll(unseen, escape)
}

/** As `plain`, and cut where it is long out of measure. */
export function plainShort(text: string): string {
  const left = text.length - maxLength
  return left > 0 ? `${plain(text.slice(0, maxLength))}… (${left} more characters)` : plain(text)
}

/** JSON whose strings do nothing to a terminal either: the same value, with more of it escaped (RFC 8259, section 7). */
export function plainJson(value: unknown): string {
  return harmless(JSON.stringify(value, undefined, 2))
}

/** As `plainJson`, in one line. */
export function plainJsonLine(value: unknown): string {
  return harmless(JSON.stringify(value))
}

// Line feeds are those between members; in a string they are escaped already.
const harmless = (json: string) =>
  json.replaceAll(unseen, (character) => (character === '\n' ? '\n' : escapeUtf16(character)))

function escape(characters: string): string {
  return [...characters].map((it) => `\\u{${(it.codePointAt(0) ?? 0).toString(16)}}`).join('')
}

function escapeUtf16(character: string): string {
  let escaped = ''
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return escaped
}
