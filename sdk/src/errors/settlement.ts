import type { Hex } from 'viem'
import { BaseError, type BaseErrorOptions } from './base.ts'

/** Thrown when the chain refuses what was asked of it; the subclasses name the reason. */
export class ContractRefusalError extends BaseError {
  override name = 'ContractRefusalError'
  /** Name of the contract's error, such as `InferenceLog_Gap`. */
  readonly reason: string

  constructor(reason: string, shortMessage: string, options: BaseErrorOptions = {}) {
    super(shortMessage, { docsPath: 'errors.md', ...options })
    this.reason = reason
  }
}

/** Thrown when the owner has not authorized the session key. */
export class SessionKeyNotAuthorizedError extends ContractRefusalError {
  override name = 'SessionKeyNotAuthorizedError'
}

/** Thrown when the session key's authorization has ended. */
export class SessionKeyExpiredError extends ContractRefusalError {
  override name = 'SessionKeyExpiredError'
}

/** Thrown when the session key was revoked, which is final. */
export class SessionKeyRevokedError extends ContractRefusalError {
  override name = 'SessionKeyRevokedError'
}

/** Thrown when a batch begins beyond the head of its inference log. */
export class BatchGapError extends ContractRefusalError {
  override name = 'BatchGapError'
}

/** Thrown when another batch stands where this one would begin. */
export class BatchForkError extends ContractRefusalError {
  override name = 'BatchForkError'
}

/** Thrown when the batch data holds another number of inferences than stated. */
export class BatchCountMismatchError extends ContractRefusalError {
  override name = 'BatchCountMismatchError'
}

/** Thrown when the batch data gives another root than stated. */
export class BatchRootMismatchError extends ContractRefusalError {
  override name = 'BatchRootMismatchError'
}

/** Thrown when a signature is by neither the session key nor the owner. */
export class InvalidBatchSignatureError extends ContractRefusalError {
  override name = 'InvalidBatchSignatureError'
}

/** Thrown when a transaction was mined and failed. */
export class TransactionFailedError extends BaseError {
  override name = 'TransactionFailedError'

  constructor(transactionHash: Hex) {
    super('The transaction was mined but failed.', {
      metaMessages: [`Transaction: ${transactionHash}`, 'Most often it ran out of gas.'],
      docsPath: 'errors.md',
    })
  }
}

/** Thrown when a batch that was sent is not on chain yet. It is looked after, and found settled or sent again later. */
export class BatchNotMinedError extends BaseError {
  override name = 'BatchNotMinedError'

  constructor(afterMillis: number) {
    super(`The batch was sent, and is not on chain after ${afterMillis} ms.`, {
      metaMessages: ['Nothing is lost: it is looked for again, and its fee is raised.'],
      docsPath: 'errors.md',
    })
  }
}

/** Told when an external batch is settled, and there is no store to put its data into. */
export class BatchDataNotStoredError extends BaseError {
  override name = 'BatchDataNotStoredError'

  constructor(root: Hex, dataDigest: Hex) {
    super('A batch was signed to be settled external, and there is no store for its data.', {
      metaMessages: [
        `Root: ${root}`,
        `SHA-256 of the data: ${dataDigest}`,
        'It is settled without a URI. Give the recorder its `store` again, so that others find the next ones.',
      ],
      docsPath: 'stores.md',
    })
  }
}

/** Told when settled batches were no longer on chain, most often after a reorganization, and were settled again. */
export class BatchesDroppedError extends BaseError {
  override name = 'BatchesDroppedError'
  /** Batches that were settled again. */
  readonly count: number

  constructor(count: number) {
    super(
      `${count} settled ${count === 1 ? 'batch was' : 'batches were'} gone from the chain, and ${count === 1 ? 'is' : 'are'} settled again.`,
      {
        metaMessages: [
          'A reorganization takes back blocks that are not final yet. No receipt changes; what a receipt hints at as its transaction may.',
        ],
        docsPath: 'recording.md#settling',
      },
    )
    this.count = count
  }
}

/**
 * Told when another batch stands, for good, where the next one would begin: somebody else settles with this session key in this log. What
 * was pending is recorded anew, in a log of its own.
 */
export class StolenLogError extends BaseError {
  override name = 'StolenLogError'
  /** Of the log that is lost. */
  readonly instance: Hex
  /** Inferences that are recorded anew. */
  readonly count: number

  constructor(instance: Hex, count: number, options: BaseErrorOptions = {}) {
    super('Somebody else settles in this inference log, with the same session key.', {
      metaMessages: [
        `Instance: ${instance}`,
        `${count} pending ${count === 1 ? 'inference is' : 'inferences are'} recorded anew in another log, with other ids; the old ids lead to their receipts.`,
        'Was the journal copied, by a backup or an image of a machine? If not, the key is in other hands: the owner revokes it, and reports since when.',
      ],
      docsPath: 'recording.md#a-log-in-other-hands',
      ...options,
    })
    this.instance = instance
    this.count = count
  }
}
