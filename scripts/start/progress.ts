import { styleText } from 'node:util'

/** Tells a person, or a program, how far `start` is. */
export type Progress = {
  /** Something begins that takes a while. Shown on a terminal only. */
  begin(what: string): void
  /** A milestone: one line. */
  done(what: string, details?: Record<string, string>): void
}

/**
 * @param options.json - A JSON object per line instead of text.
 * @param options.stream - Where to. Colours and passing lines on a terminal only.
 */
export function createProgress(options: { json: boolean; stream?: NodeJS.WriteStream }): Progress {
  const { json, stream = process.stdout } = options
  if (json)
    return {
      begin: () => undefined,
      done: (what, details) => stream.write(`${JSON.stringify({ milestone: what, ...details })}\n`),
    }
  if (!stream.isTTY)
    return {
      begin: () => undefined,
      done: (what, details) => stream.write(`${line(what, details)}\n`),
    }
  const clear = '\r\x1b[2K'
  return {
    begin: (what) => stream.write(`${clear}${styleText('dim', `… ${what}`, { stream })}`),
    done: (what, details) =>
      stream.write(`${clear}${styleText('green', '✓', { stream })} ${line(what, details)}\n`),
  }
}

function line(what: string, details: Record<string, string> = {}): string {
  const entries = Object.entries(details)
  if (entries.length < 2) return [what, ...Object.values(details)].join('  ')
  return [`${what}:`, ...entries.map(([name, value]) => `${name} ${value}`)].join('  ')
}
