import type { ChainFacts } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'
import { dateOf } from './times.ts'

const { line, unread } = linesOf('settlement')

/** Whether the chain holds the batch. */
export function checkSettlement(
  { batch }: Pick<Subject, 'batch'>,
  state: ChainFacts | Unread,
): Check {
  if (isUnread(state)) return unread(state)
  const { settlement, block, endpoints } = state
  const who = `says ${endpoints.join(', ')} of block ${block.number}`
  if (!settlement) {
    return line(
      'unknown',
      'vouched',
      `The chain holds no such batch, ${who}.`,
      'It may not be settled yet, or not have the confirmations that the policy asks for; check again later.',
    )
  }
  const same =
    settlement.first === batch.first &&
    settlement.count === batch.count &&
    settlement.mode === batch.mode
  return same
    ? line('verified', 'vouched', `Settled ${dateOf(settlement.settledAt)}, ${who}.`)
    : line('refuted', 'vouched', 'The chain holds another batch under that root.')
}
