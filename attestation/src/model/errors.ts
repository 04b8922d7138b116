import { BaseError, type BaseErrorOptions } from '@assay/sdk/errors'

/** Why files can't be hashed as a model. */
export type ModelFilesProblem =
  | 'missing'
  | 'unreadable'
  | 'link'
  | 'special'
  | 'name'
  | 'outside'
  | 'changed'
  | 'escapes'
  | 'too-many'
  | 'too-deep'

/** Thrown when files can't be hashed as a model: their digest would not mean the same everywhere. */
export class ModelFilesError extends BaseError {
  override name = 'ModelFilesError'
  readonly code: ModelFilesProblem
  /** The file, or the directory, as it was found. */
  readonly file: string

  /** @param problem - Continues "This file ". */
  constructor(
    code: ModelFilesProblem,
    file: string,
    problem: string,
    options: BaseErrorOptions = {},
  ) {
    const { metaMessages = [], ...rest } = options
    super(`This file ${problem}.`, {
      metaMessages: [`File: ${file}`, ...metaMessages],
      docsPath: 'models.md#what-is-refused',
      ...rest,
    })
    this.code = code
    this.file = file
  }
}

/** Thrown when a text is no manifest of a model. */
export class InvalidManifestError extends BaseError {
  override name = 'InvalidManifestError'

  /** @param problem - Continues "The manifest ". */
  constructor(problem: string, options: BaseErrorOptions = {}) {
    super(`The manifest ${problem}.`, { docsPath: 'models.md#manifests', ...options })
  }
}
