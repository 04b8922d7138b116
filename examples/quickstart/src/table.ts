/** Lines up rows under their titles; a column is as wide as its widest cell, up to a limit. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const limit = 44
  const fit = (text: string) => {
    const line = text.replaceAll(/\s+/g, ' ').trim()
    return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
  }
  const cells = [titles, ...rows].map((row) => row.map(fit))
  const widths = titles.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
