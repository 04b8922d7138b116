import { BaseError, type BaseErrorOptions } from './base.ts'

/** Why contents were not kept, or no longer are. */
export type ContentProblem = 'too-large' | 'busy' | 'mask' | 'write' | 'evicted'

const problems: Record<ContentProblem, string> = {
  'too-large': 'larger than `maxBytes`',
  busy: 'more waits to be written than fits into memory',
  mask: '`mask` threw',
  write: 'the store could not take it',
  evicted: 'the store is full, so its oldest contents were removed',
}

/** Told to `onError`, once a problem, when inputs or outputs are not kept. The inference itself is recorded all the same. */
export class ContentNotKeptError extends BaseError {
  override name = 'ContentNotKeptError'
  readonly problem: ContentProblem

  constructor(problem: ContentProblem, options: BaseErrorOptions = {}) {
    super(`An input or an output was not kept: ${problems[problem]}.`, {
      metaMessages: [
        'Its digest is recorded all the same. Further ones of this kind are not told.',
      ],
      docsPath: 'recording.md#contents',
      ...options,
    })
    this.problem = problem
  }
}

/** Thrown when contents can't be read back: the store can't be used, or its bytes no longer match their digest. */
export class ContentStoreError extends BaseError {
  override name = 'ContentStoreError'

  constructor(where: string, problem: string, options: BaseErrorOptions = {}) {
    super(`The content store ${problem}.`, {
      metaMessages: [`Place: ${where}`],
      docsPath: 'recording.md#contents',
      ...options,
    })
  }
}
