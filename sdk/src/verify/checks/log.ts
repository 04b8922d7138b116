import type { ChainFacts } from '../chain/chain-state.ts'
import type { LogState } from '../chain/log-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'

const { line, unread } = linesOf('log')

/** Whether the batch stands in its inference log as it was signed, and what stands beside it. */
export function checkLog({ batch }: Pick<Subject, 'batch'>, state: ChainFacts | Unread): Check {
  if (isUnread(state)) return unread(state)
  const { settlement, settledEvent, log } = state
  if (!settlement) return line('unknown', 'vouched', 'Not settled, so not in the log.')
  if (isUnread(log)) return unread(log)
  const end = batch.first + BigInt(batch.count)
  if (log.head < end) {
    return line(
      'unknown',
      'vouched',
      `The endpoint contradicts itself: the batch is settled, but the log ends at ${log.head}.`,
      'Use another endpoint.',
    )
  }
  if (isUnread(settledEvent)) return unread(settledEvent)
  if (!settledEvent) {
    return line(
      'unknown',
      'vouched',
      'The endpoint does not give the event of the settlement, so the batch data cannot be compared.',
      'Use an endpoint that keeps events.',
    )
  }
  if (settledEvent.dataDigest !== batch.dataDigest) {
    return line(
      'refuted',
      'vouched',
      'The batch was settled with other data than the receipt’s signature speaks of.',
    )
  }
  return line(
    'verified',
    'vouched',
    `Without gaps from 0 to ${log.head - 1n}. ${neighbours(log, batch.first, end)}`,
  )
}

function neighbours({ head, skips }: LogState, first: bigint, end: bigint): string {
  const before = skips.find((skip) => skip.first + skip.count === first)
  const after = skips.find((skip) => skip.first === end)
  const sum = skips.reduce((total, { count }) => total + count, 0n)
  return [
    first === 0n
      ? 'The batch is the first'
      : `Before the batch, ${before ? `${before.count} were skipped by the owner` : 'another one is settled'}`,
    end === head
      ? ' and the last so far.'
      : `; after it, ${after ? `${after.count} were skipped by the owner` : 'another one is settled'}.`,
    sum > 0n ? ` The owner skipped ${sum} in all.` : '',
  ].join('')
}
