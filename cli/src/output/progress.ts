import type { Terminal } from './terminal.ts'

/** A line that is drawn over itself while something takes long. */
export type Progress = {
  /**
   * Says how far it has come.
   *
   * @param share - Of all, from 0 to 1; undefined where that is not known.
   */
  show(text: string, share: number | undefined): void
  /** Takes the line away. */
  end(): void
}

/** How often the line is drawn at most, in ms. */
const pause = 100
const barWidth = 24
const eraseLine = '\r\u001b[2K'

/** Progress on standard error, if somebody watches it. */
export function createProgress({ isWatched }: Pick<Terminal, 'isWatched'>): Progress {
  if (!isWatched) return { show: () => undefined, end: () => undefined }
  const { stderr } = process
  let drawnAt: number | undefined
  return {
    show(text, share) {
      const now = performance.now()
      if (drawnAt !== undefined && now - drawnAt < pause) return
      drawnAt = now
      stderr.write(`${eraseLine}${barOf(share)}${text}`)
    },
    end() {
      if (drawnAt !== undefined) stderr.write(eraseLine)
      drawnAt = undefined
    },
  }
}

function barOf(share: number | undefined): string {
  if (share === undefined) return ''
  const bounded = Math.min(Math.max(share, 0), 1)
  const bar = '█'.repeat(Math.floor(barWidth * bounded)).padEnd(barWidth, '░')
  return `${bar} ${Math.floor(100 * bounded)} % · `
}
