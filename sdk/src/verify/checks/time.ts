import { couldBeSettled } from '../../formats/clock.ts'
import type { ChainFacts } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { VerificationPolicy } from '../policy.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'
import { dateOf } from './times.ts'

const { line, unread } = linesOf('time')

/** Whether the declared time can be: a batch can't hold what was served after it was settled. And whether it is recent enough. */
export function checkTime(
  { inference }: Pick<Subject, 'inference'>,
  state: ChainFacts | Unread,
  { maxAgeSeconds }: VerificationPolicy,
): Check {
  if (isUnread(state)) return unread(state)
  const settledAt = state.settlement?.settledAt
  if (settledAt === undefined) {
    return line('unknown', 'vouched', 'Not settled, so nothing bounds the declared time.')
  }
  const served = dateOf(inference.servedAt / 1000n)
  if (!couldBeSettled(inference.servedAt, settledAt)) {
    return line(
      'refuted',
      'vouched',
      `Declared as served ${served}, but settled ${dateOf(settledAt)} already.`,
    )
  }
  if (maxAgeSeconds !== undefined && state.block.timestamp > settledAt + BigInt(maxAgeSeconds)) {
    return line(
      'unknown',
      'vouched',
      `Settled ${dateOf(settledAt)}, more than ${maxAgeSeconds} s before block ${state.block.number}: older than the policy allows.`,
    )
  }
  return line(
    'verified',
    'vouched',
    `Declared as served ${served}; it existed when it was settled, ${dateOf(settledAt)}.`,
  )
}
