import { AttestationRefusedError, MalformedError, RuleViolation } from './errors.ts'
import type { AttestationKind, AttestationRule } from './rules.ts'

/** Ends the judging: the document breaks a rule. */
export function refuse(
  rule: AttestationRule,
  problem: string,
  options: { cause?: unknown; raise?: string } = {},
): never {
  throw new RuleViolation(rule, problem, options)
}

/**
 * Ends the judging unless something holds.
 *
 * @param problem - What is the matter if it does not, as the end of a sentence.
 */
export function demand(
  holds: boolean,
  rule: AttestationRule,
  problem: string,
  options: { raise?: string } = {},
): asserts holds {
  if (!holds) refuse(rule, problem, options)
}

/** Reads bytes: if they are malformed, the document breaks a rule. */
export function readAs<T>(rule: AttestationRule, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return refuse(rule, `${what} ${error.shortMessage}`)
  }
}

/**
 * Judges a document.
 *
 * @throws AttestationRefusedError for whatever goes wrong: what nobody thought of is refused too.
 */
export function judged<T>(kind: AttestationKind, judge: () => T): T {
  try {
    return judge()
  } catch (error) {
    if (error instanceof RuleViolation) {
      const { rule, shortMessage, cause, raise } = error
      throw new AttestationRefusedError(kind, rule, shortMessage, { cause, raise })
    }
    throw new AttestationRefusedError(kind, 'form', 'it could not be read', { cause: error })
  }
}
