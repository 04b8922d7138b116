import { BaseError, InvalidInputError } from '@assay/sdk/errors'
import type { AttestationKind, AttestationRule } from './rules.ts'

const names: Record<AttestationKind, string> = {
  nitro: 'Nitro attestation document',
  tdx: 'TDX quote',
  'sev-snp': 'SEV-SNP attestation report',
}

/**
 * Thrown when a document breaks a rule. It then shows nothing: neither that the environment is what it says, nor that it is not.
 */
export class AttestationRefusedError extends BaseError {
  override name = 'AttestationRefusedError'
  readonly kind: AttestationKind
  /** The rule that the document breaks: the first one, in the order in which they are checked. */
  readonly rule: AttestationRule

  constructor(
    kind: AttestationKind,
    rule: AttestationRule,
    problem: string,
    options: { cause?: unknown; raise?: string | undefined } = {},
  ) {
    const { cause, raise } = options
    super(`The ${names[kind]} is refused by the rule \`${rule}\`: ${problem}.`, {
      ...(cause === undefined ? {} : { cause }),
      ...(raise ? { metaMessages: [raise] } : {}),
      docsPath: `attestation.md#${kind}`,
    })
    this.kind = kind
    this.rule = rule
  }
}

/** Thrown when what the caller asks for, not the document, has not the form that it must have. */
export class InvalidAttestationOptionsError extends InvalidInputError {
  override name = 'InvalidAttestationOptionsError'

  constructor(path: string, problem: string) {
    super('options for an attestation', path, problem, { docsPath: 'attestation.md' })
  }
}

/** Bytes that are not what their format says. Which rule they break is said by who reads them. */
export class MalformedError extends BaseError {
  override name = 'MalformedError'
}

/** A rule that is broken, before it is known of which kind the document is. */
export class RuleViolation extends BaseError {
  override name = 'RuleViolation'
  readonly rule: AttestationRule
  /** What to do about it. */
  readonly raise: string | undefined

  constructor(
    rule: AttestationRule,
    problem: string,
    options: { cause?: unknown; raise?: string } = {},
  ) {
    super(problem, options.cause === undefined ? {} : { cause: options.cause })
    this.rule = rule
    this.raise = options.raise
  }
}
