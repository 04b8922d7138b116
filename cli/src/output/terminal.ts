import { type Colors, colorsFor } from './colors.ts'
import { writeTo } from './streams.ts'

/** Where a command speaks: results to standard output, all else to standard error. */
export type Terminal = {
  /** Writes a result, or a part of it. */
  write(text: string | Uint8Array): Promise<void>
  /** Writes a line for the person who watches. */
  note(line: string): Promise<void>
  /** For what goes to standard output. */
  colors: Colors
  /** For what goes to standard error. */
  noteColors: Colors
  /** Columns after which lines are broken; undefined where nobody looks at them. */
  columns: number | undefined
  /** Whether somebody watches standard error. */
  isWatched: boolean
}

/**
 * The terminal of this process.
 *
 * @param color - As `--color` and `--no-color` say; undefined if neither is given.
 */
export function processTerminal(color: boolean | undefined): Terminal {
  const { stdout, stderr, env } = process
  return {
    write: (text) => writeTo(stdout, text),
    note: (line) => writeTo(stderr, `${line}\n`),
    colors: colorsFor(stdout, color, env),
    noteColors: colorsFor(stderr, color, env),
    columns: stdout.isTTY ? Math.max(40, Math.min(stdout.columns || 80, 120)) : undefined,
    isWatched: stderr.isTTY && env.TERM !== 'dumb',
  }
}
