import { AttestationRefusedError } from '../../../attestation/src/judging/errors.ts'
import type { AttestationRule } from '../../../attestation/src/judging/rules.ts'

/** The rule by which something is refused, or `accepted`. Any other error is passed on. */
export function ruleOf(verify: () => unknown): AttestationRule | 'accepted' {
  try {
    verify()
    return 'accepted'
  } catch (error) {
    if (error instanceof AttestationRefusedError) return error.rule
    throw error
  }
}
