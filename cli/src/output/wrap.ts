/**
 * Breaks a text into lines at its spaces. A word that is longer than a line, such as a hash, has one of its own.
 *
 * @param width - Columns; undefined: one line.
 */
export function wrap(text: string, width: number | undefined): string[] {
  if (width === undefined) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line === '') line = word
    else if (line.length + 1 + word.length <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

/** A text with something in front of its first line, and its other lines below the text. */
export function hang(before: string, text: string, columns: number | undefined): string {
  const indent = ' '.repeat(before.length)
  const width = columns === undefined ? undefined : Math.max(24, columns - before.length)
  return wrap(text, width)
    .map((line, i) => (i === 0 ? before : indent) + line)
    .join('\n')
}
