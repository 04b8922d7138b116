import type { ChainState } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'

const { line, unread } = linesOf('hints')

/** Whether the hints are what the chain says; undefined if there are none. */
export function checkHints({ receipt }: Subject, state: ChainState | Unread): Check | undefined {
  const { transactionHash, uri } = receipt.hints
  if (transactionHash === undefined && uri === undefined) return undefined
  if (isUnread(state)) return unread(state)
  const event = state.hintedEvent
  return event && (uri === undefined || event.uri === uri)
    ? line('verified', 'vouched', 'The hinted transaction holds the settlement.')
    : line(
        'unknown',
        'vouched',
        'The hinted transaction does not hold this settlement, or another address is hinted at for its data.',
        'Make the receipt anew; a reorganised chain may hold the settlement in another transaction.',
      )
}
