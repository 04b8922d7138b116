import type { EvidenceSource } from '@assay/sdk/evidence'
import { InvalidConfigError } from '@assay/sdk/errors'
import type { OpenGradientKey } from './open-gradient.ts'
import { openGradientFormat } from './formats.ts'

/**
 * Signatures of an OpenGradient gateway: they come with the answers, so that nothing is asked for; what receipts need beside them is the
 * gateway's key. It takes the bodies to judge them, so keep these (`recordInputs`, `recordOutputs`).
 *
 * @throws InvalidConfigError
 */
export function openGradient({
  baseUrl,
  publicKey,
}: OpenGradientKey & {
  /** Of the gateway. */
  baseUrl: string
}): EvidenceSource {
  if (!URL.canParse(baseUrl)) throw new InvalidConfigError('baseUrl', 'must be a URL')
  const { origin } = new URL(baseUrl)
  const content = JSON.stringify({ publicKey: Buffer.from(publicKey).toString('base64') })
  return {
    ...openGradientFormat,
    isFor: ({ url, request, response }) =>
      new URL(url).origin === origin && request !== undefined && response !== undefined,
    fetch: () => content,
  }
}
