import type { ChainFacts } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'
import { dateOf, momentOf, whyTooLate } from './times.ts'

const { line, unread } = linesOf('sessionKey')

/** How the session key stands, judged by what the chain saw. Where the owner settled, the key had no part in it. */
export function checkSessionKey(
  { inference }: Pick<Subject, 'inference'>,
  state: ChainFacts | Unread,
): Check {
  if (isUnread(state)) return unread(state)
  const { settlement, sessionKey: key } = state
  if (!settlement) {
    return line('unknown', 'vouched', 'Not settled, so no time to judge the key by.')
  }
  const { settledAt, signedByKey } = settlement
  if (!signedByKey) {
    return line('verified', 'vouched', 'The owner settled the batch in the key’s place.')
  }
  if (!key || key.authorizedAt === 0 || BigInt(key.authorizedAt) > settledAt) {
    return line(
      'refuted',
      'vouched',
      'The owner had not authorized the key when the batch was settled.',
    )
  }
  if (settledAt > BigInt(key.expiresAt)) {
    return line('refuted', 'vouched', `The key’s authorization had ended ${dateOf(key.expiresAt)}.`)
  }
  const { revokedAt } = key
  const revoked =
    revokedAt !== undefined && whyTooLate(inference.servedAt, settledAt, momentOf(revokedAt))
  if (revoked) {
    return line('refuted', 'vouched', `The key was revoked ${dateOf(revokedAt)}, ${revoked}.`)
  }
  // After what refutes: a report takes from what was good, and saves nothing.
  if (key.compromise && settledAt >= BigInt(key.compromise.since)) {
    const { since, reportedAt } = key.compromise
    return line(
      'unknown',
      'vouched',
      `The owner reported at ${dateOf(reportedAt)} that others held the key since ${dateOf(since)}, before this was settled.`,
    )
  }
  return line('verified', 'vouched', 'The key was in force when the batch was settled.')
}
