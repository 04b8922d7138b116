import type { Check, CheckName, CheckStatus, VerificationReport } from '@assay/sdk/verify'

/** A receipt that is not verified, and the check that says why. */
export type Failure = Pick<VerificationReport, 'inferenceId' | 'status'> & {
  check: Check | undefined
}

/** What became of the receipts of a bundle. */
export type Tally = Record<CheckStatus, number> & {
  receipts: number
  /** The first of those that are not verified, refuted ones before the others. */
  failures: Failure[]
  /** As the first report has it. */
  chain: VerificationReport['chain'] | undefined
  notProven: readonly string[]
}

/** How many are told one by one. */
const maxFailures = 20

export const emptyTally = (): Tally => ({
  ...{ receipts: 0, verified: 0, refuted: 0, unknown: 0 },
  ...{ failures: [], chain: undefined, notProven: [] },
})

/** Counts a report. @param required - What the policy requires. */
export function count(
  tally: Tally,
  report: VerificationReport,
  required: readonly CheckName[],
): void {
  const { status, inferenceId, chain, notProven } = report
  tally.receipts++
  tally[status]++
  tally.chain ??= chain
  tally.notProven = notProven
  if (status === 'verified') return
  const failure = { inferenceId, status, check: decisive(report, required) }
  const { failures } = tally
  const place = failures.findIndex((it) => it.status === 'unknown')
  if (status === 'refuted' && place >= 0) failures.splice(place, 0, failure)
  else failures.push(failure)
  failures.splice(maxFailures)
}

/** The worst that became of any. */
export function worstOf({ refuted, unknown }: Tally): CheckStatus {
  if (refuted > 0) return 'refuted'
  return unknown > 0 ? 'unknown' : 'verified'
}

function decisive(
  { checks, status }: VerificationReport,
  required: readonly CheckName[],
): Check | undefined {
  const candidates = checks.filter((check) => check.status === status)
  return candidates.find(({ name }) => required.includes(name)) ?? candidates[0]
}
