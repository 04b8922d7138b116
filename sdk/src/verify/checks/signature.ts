import type { ChainState } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'

const { line } = linesOf('signature')

/** Whether the batch was signed by the session key, or by the owner in its place. */
export function checkSignature(
  { place: { sessionKey, owner }, signer }: Subject,
  state: ChainState | Unread,
): Check {
  if (signer === 'sessionKey') {
    return line('verified', 'proven', `The session key ${sessionKey} signed the batch.`)
  }
  if (signer === 'owner') {
    return line('verified', 'proven', `The owner ${owner} signed the batch in the key’s place.`)
  }
  if (isUnread(state)) {
    return line(
      'unknown',
      'proven',
      'The signature is by no plain key of the session or the owner; the owner’s contract could accept it.',
      state.raise,
    )
  }
  if (state.acceptedByOwner) {
    return line(
      'verified',
      'vouched',
      `The owner’s contract ${owner} accepts the signature (ERC-1271), says ${state.endpoints.join(', ')}.`,
    )
  }
  // The chain asked the owner's contract at the settlement and keeps that answer alone; its code may have changed its mind since.
  return state.settlement && !state.settlement.signedByKey
    ? line(
        'unknown',
        'vouched',
        'The signature is by no plain key, and the owner’s contract does not accept it now. That the owner settled the batch stands on chain.',
        'Read an earlier block, at which the contract accepted it.',
      )
    : line(
        'refuted',
        'vouched',
        `The signature is by no plain key of the session or the owner, and the owner’s contract does not accept it, says ${state.endpoints.join(', ')}.`,
      )
}
