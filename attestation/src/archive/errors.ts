import { InvalidInputError } from '@assay/sdk/errors'

/** Thrown when bytes are no archive of an attestation, or not in its one form. */
export class InvalidArchiveError extends InvalidInputError {
  override name = 'InvalidArchiveError'

  constructor(path: string, problem: string, options: { cause?: unknown } = {}) {
    super('archive of an attestation', path, problem, {
      docsPath: 'attestation.md#archives',
      ...options,
    })
  }
}
