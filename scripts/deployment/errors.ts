import { BaseError } from '@assay/sdk'

/** Thrown when a deployment can't be made or completed. */
export class DeploymentError extends BaseError {
  override name = 'DeploymentError'

  constructor(shortMessage: string, metaMessages: readonly string[], cause?: unknown) {
    super(shortMessage, { metaMessages, docsPath: 'deploy.md', cause })
  }
}
