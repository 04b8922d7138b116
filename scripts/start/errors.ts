import { BaseError } from '@assay/sdk'

/** Thrown when `start` can't begin or go on. */
export class StartError extends BaseError {
  override name = 'StartError'

  constructor(shortMessage: string, metaMessages: readonly string[] = [], cause?: unknown) {
    super(shortMessage, { metaMessages, cause })
  }
}
