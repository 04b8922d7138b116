import type { Hex } from 'viem'
import { printable } from '../../errors/printable.ts'
import type { SubjectKind } from '../../formats/verdict.ts'
import type { StandingVerdict } from '../chain/verdicts.ts'
import type { PolicyAuditor, VerificationPolicy } from '../policy.ts'
import type { CheckStatus } from '../report.ts'
import { dateOf } from './times.ts'

/** What the auditors of a policy think of one subject, taken together. */
export type Opinion = {
  status: CheckStatus
  /** Who said what, with which score. */
  words: string
}

/** Which verdicts an opinion is made of. */
export type Asked = {
  kind: SubjectKind
  subject: Hex
  /** Further conditions on a verdict. Default: none. */
  counts?: (verdict: StandingVerdict) => boolean
}

/**
 * Weighs verdicts by a policy: a score of 0 by any auditor refutes, one below what the policy asks for leaves it open, and only then
 * one that reaches it confirms. A verdict that fits several of the policy's auditors counts by each.
 *
 * @param now - Unix seconds, of the block at which all was read.
 * @returns Undefined if no auditor that the policy believes spoke of it.
 */
export function opinionOn(
  verdicts: readonly StandingVerdict[],
  { auditors = [] }: VerificationPolicy,
  now: bigint,
  { kind, subject, counts = () => true }: Asked,
): Opinion | undefined {
  const votes = verdicts.flatMap((verdict) => {
    if (verdict.subjectKind !== kind || verdict.subject !== subject || !counts(verdict)) return []
    return auditors
      .filter((auditor) => believes(auditor, verdict, now))
      .map((auditor) => ({ verdict, status: statusOf(verdict.score, auditor) }))
  })
  const decisive = (['refuted', 'unknown', 'verified'] as const)
    .map((status) => votes.filter((vote) => vote.status === status))
    .find((found) => found.length > 0)
  if (!decisive) return undefined
  const words = [...new Set(decisive.map(({ verdict }) => verdict))].map(
    ({ author, tag, score, postedAt }) =>
      `${author.toLowerCase()} says “${printable(tag)}” with ${score} of 100 (${dateOf(postedAt)})`,
  )
  return { status: decisive[0]?.status ?? 'unknown', words: words.join('; ') }
}

function believes(auditor: PolicyAuditor, verdict: StandingVerdict, now: bigint): boolean {
  const { account, subjects, tags, maxAgeSeconds } = auditor
  return (
    account.toLowerCase() === verdict.author.toLowerCase() &&
    subjects.includes(verdict.subjectKind) &&
    tags.includes(verdict.tag) &&
    (maxAgeSeconds === undefined || now - verdict.postedAt <= BigInt(maxAgeSeconds))
  )
}

function statusOf(score: number, { minScore }: PolicyAuditor): CheckStatus {
  if (score === 0) return 'refuted'
  return score >= minScore ? 'verified' : 'unknown'
}
