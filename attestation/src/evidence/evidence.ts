import { BaseError } from '@assay/sdk/errors'

const problems = {
  form: 'is not of the form that its provider gives it',
  exchange: 'is about another exchange',
  contents: 'can be judged only with the request and the response themselves',
  signature: 'is not signed by the key that it names',
  key: 'is signed by another key than the attestation holds',
  nonce: 'comes with an attestation for another nonce',
} as const

/** Why evidence is refused. */
export type EvidenceProblem = keyof typeof problems

/** Thrown when evidence does not show what it is said to show. */
export class EvidenceRefusedError extends BaseError {
  override name = 'EvidenceRefusedError'
  readonly code: EvidenceProblem

  constructor(provider: string, code: EvidenceProblem, seen?: string) {
    super(`The evidence of ${provider} ${problems[code]}.`, {
      ...(seen ? { metaMessages: [seen] } : {}),
      docsPath: 'attestation.md#evidence',
    })
    this.code = code
  }
}
