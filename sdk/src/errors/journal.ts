import { BaseError, type BaseErrorOptions } from './base.ts'

/** Thrown when a journal can't be opened, written or read. */
export class JournalError extends BaseError {
  override name = 'JournalError'

  constructor(directory: string, problem: string, options: BaseErrorOptions = {}) {
    super(`The journal ${problem}.`, {
      metaMessages: [`Directory: ${directory}`],
      docsPath: 'recording.md#journal',
      ...options,
    })
  }
}

/** Thrown when a journal is no longer this process's: the recorder begins another one. */
export class JournalLostError extends JournalError {
  override name = 'JournalLostError'
  /** Inferences that were recorded, not settled, and are gone with it. */
  readonly lost: number

  constructor(directory: string, problem: string, lost: number) {
    const gone = `${lost} inferences that were not settled are gone with it.`
    super(directory, problem, {
      metaMessages: [`Directory: ${directory}`, ...(lost ? [gone] : [])],
    })
    this.lost = lost
  }
}
