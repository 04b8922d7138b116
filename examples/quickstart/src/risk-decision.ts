/** What happens to a payment. */
export type Decision = 'approve' | 'review' | 'decline'

/** Limits of the decision rule, as probabilities. */
export interface DecisionThresholds {
  /** From here on a person reviews the payment. */
  readonly review: number
  /** From here on the payment is declined. */
  readonly decline: number
}

/**
 * The default rule. A payment goes to review when about one in seven of its kind is fraud, and is
 * declined when fraud is clearly more likely than not.
 */
export const DEFAULT_THRESHOLDS: DecisionThresholds = { review: 0.15, decline: 0.6 }

/** Applies the rule: below `review` approve, from `decline` on decline, in between review. */
export function decide(
  risk: number,
  { review, decline }: DecisionThresholds = DEFAULT_THRESHOLDS,
): Decision {
  if (risk >= decline) return 'decline'
  return risk >= review ? 'review' : 'approve'
}
