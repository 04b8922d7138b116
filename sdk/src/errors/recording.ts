import { BaseError, type BaseErrorOptions } from './base.ts'

/** Thrown by `capture` where the runtime can't follow a call across its awaits. */
export class CaptureUnavailableError extends BaseError {
  override name = 'CaptureUnavailableError'

  constructor(options: BaseErrorOptions = {}) {
    super('This runtime has no AsyncLocalStorage, so nothing can be captured.', {
      metaMessages: [
        'Use `recorder.receiptOf(answer)`, or turn on the Node.js compatibility of the runtime.',
      ],
      docsPath: 'recording.md#capture',
      ...options,
    })
  }
}

/** Thrown by `recorder.openai` when a client can't be given another `fetch`. */
export class UnsupportedClientError extends BaseError {
  override name = 'UnsupportedClientError'

  constructor(problem: string, options: BaseErrorOptions = {}) {
    super(`This client can't be recorded: ${problem}.`, {
      metaMessages: ['Pass it at construction: new Client({ fetch: recorder.fetch }).'],
      docsPath: 'recording.md#clients',
      ...options,
    })
  }
}

/** Told to `onError`, once, when inferences say that they were served later than their batch was settled. */
export class ClockAheadError extends BaseError {
  override name = 'ClockAheadError'

  /**
   * @param milliseconds - How far the latest of them is ahead of the block's time.
   * @param count - How many of the batch are too far ahead.
   */
  constructor(milliseconds: bigint, count: number) {
    super(`The clock runs ${milliseconds / 1000n} s ahead of the chain's.`, {
      metaMessages: [
        `Receipts of ${count === 1 ? 'an inference' : `${count} inferences`} of the last batch are refuted by their check \`time\`, for good.`,
        'Set the clock of this machine, and keep it synchronized; or correct the `servedAt` that you give.',
      ],
      docsPath: 'recording.md#clocks',
    })
  }
}

/** Told to `onError`, once a day, when the session key's authorization ends within a week. */
export class SessionKeyExpiringError extends BaseError {
  override name = 'SessionKeyExpiringError'
  /** Unix seconds. */
  readonly expiresAt: number

  constructor(sessionKey: string, expiresAt: number) {
    super(
      `The authorization of the session key ends at ${new Date(expiresAt * 1_000).toISOString()}.`,
      {
        metaMessages: [
          `Session key: ${sessionKey}`,
          'Its owner extends it by `authorizeSessionKey` with a later `expiresAt`; nothing has to be stopped for it. What is not settled by then waits for it.',
        ],
        docsPath: 'recording.md#session-key',
      },
    )
    this.expiresAt = expiresAt
  }
}

/** Thrown by `waitForSettlement` for an id that the recorder's journal doesn't hold. */
export class InferenceNotFoundError extends BaseError {
  override name = 'InferenceNotFoundError'

  constructor(inferenceId: string, options: BaseErrorOptions = {}) {
    super('The recorder knows no such inference.', {
      metaMessages: [`Inference: ${inferenceId}`],
      docsPath: 'recording.md#settling',
      ...options,
    })
  }
}

/** Why messages are not committed to one by one. */
export type MessagesProblem = 'too-many' | 'not-canonical'

const messagesProblems: Record<MessagesProblem, string> = {
  'too-many': 'there are more than 1,024',
  'not-canonical': 'one has no canonical JSON (RFC 8785), such as one with half a character',
}

/** Told to `onError`, once a problem, when the messages of a request are not committed to. The inference is recorded all the same. */
export class MessagesNotCommittedError extends BaseError {
  override name = 'MessagesNotCommittedError'
  readonly problem: MessagesProblem

  constructor(problem: MessagesProblem, options: BaseErrorOptions = {}) {
    super(`The messages of a request were not committed to: ${messagesProblems[problem]}.`, {
      metaMessages: [
        'The digest of the whole request is recorded all the same. Further ones of this kind are not told.',
      ],
      docsPath: 'recording.md#messages',
      ...options,
    })
    this.problem = problem
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
