import type { Terminal } from './terminal.ts'

/** A line that is drawn over itself while something takes long. */
export type Progress = {
  /** Says how far it has come. */
  show(done: number, total: number): void
  /** Takes the line away. */
  end(): void
}

/** How often the line is drawn at most, in ms. */
const pause = 100
const barWidth = 24

/** Progress on standard error, if somebody watches it. */
export function createProgress(terminal: Terminal, what: string): Progress {
  if (!terminal.isWatched) return { show: () => undefined, end: () => undefined }
  const { stderr } = process
  let drawnAt = 0
  const erase = () => {
    if (drawnAt > 0) stderr.write('\r\u001b[2K')
    drawnAt = 0
  }
  return {
    show(done, total) {
      const now = performance.now()
      if (now - drawnAt < pause) return
      drawnAt = now
      const filled = total > 0 ? Math.floor((barWidth * done) / total) : 0
      const bar = '█'.repeat(filled).padEnd(barWidth, '░')
      const share = total > 0 ? Math.floor((100 * done) / total) : 0
      stderr.write(`\r\u001b[2K${bar} ${share} % · ${done} of ${total} ${what}`)
    },
    end: erase,
  }
}
