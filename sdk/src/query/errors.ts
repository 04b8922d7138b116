import { BaseError, type BaseErrorOptions } from '../errors/base.ts'

/** Thrown when the indexer gives no answer. */
export class IndexerUnreachableError extends BaseError {
  override name = 'IndexerUnreachableError'

  constructor(url: string, options: BaseErrorOptions = {}) {
    super('The indexer gives no answer.', {
      metaMessages: [
        `URL: ${url}`,
        'Check that it runs and that ASSAY_INDEXER_URL names its GraphQL endpoint.',
      ],
      docsPath: 'errors.md',
      ...options,
    })
  }
}

/** Thrown when the indexer refuses a query, or answers with something that is not what was asked for. */
export class IndexerResponseError extends BaseError {
  override name = 'IndexerResponseError'

  constructor(problem: string, options: BaseErrorOptions = {}) {
    super(`The indexer’s answer is of no use: ${problem}.`, {
      metaMessages: [
        'It may be of another version. What matters can be checked against the chain by `verifyReceipt`.',
      ],
      docsPath: 'errors.md',
      ...options,
    })
  }
}

/** Thrown when the chain says otherwise than the indexer. */
export class IndexerContradictedError extends BaseError {
  override name = 'IndexerContradictedError'
  /** Which of the indexer's words are not the chain's. */
  readonly members: readonly string[]

  constructor(what: string, members: readonly string[], options: BaseErrorOptions = {}) {
    super(`The chain does not say what the indexer says of ${what}.`, {
      metaMessages: [
        `Contradicted: ${members.join(', ')}.`,
        'The indexer lies, is behind, or reads another chain or other contracts.',
      ],
      docsPath: 'errors.md',
      ...options,
    })
    this.members = members
  }
}
