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

/** Reported when inferences could not be recorded, because too many waited to be written. */
export class InferenceDroppedError extends BaseError {
  override name = 'InferenceDroppedError'

  constructor(count: number, options: BaseErrorOptions = {}) {
    super(`${count === 1 ? 'An inference was' : `${count} inferences were`} not recorded.`, {
      metaMessages: [
        'The application was not disturbed. More waited than `maxQueueSize`, or the journal cannot be written.',
      ],
      docsPath: 'recording.md#journal',
      ...options,
    })
  }
}

/** Thrown when a batch did not get settled in the time given; it stays in the journal and is tried again. */
export class SettlementTimeoutError extends BaseError {
  override name = 'SettlementTimeoutError'

  constructor(milliseconds: number, options: BaseErrorOptions = {}) {
    super(`The inference was not settled within ${milliseconds} ms.`, {
      metaMessages: ['It is in the journal and stays there until it is settled.'],
      docsPath: 'recording.md#settling',
      ...options,
    })
  }
}
