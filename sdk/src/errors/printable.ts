/** What could move a cursor, colour, hide or reorder what stands around it: controls, format characters, line ends, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * A text from outside as it can be shown to a person: short, and with nothing in it that a terminal or a page obeys.
 *
 * @param text - Not trusted.
 * @param maxLength - In UTF-16 code units, before escapes. Default: 200.
 */
export function printable(text: string, maxLength = 200): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  // Nearly all names are plain ASCII, and the classes of Unicode take a third of a millisecond to make ready.
  if (/^[ -~]*$/.test(shown)) return shown
  return shown.replace(unsafe, (character) => {
    const code = (character.codePointAt(0) as number).toString(16)
    return `\\u{${code}}`
  })
}
