import type { ChainState, Unread } from '../chain-state.ts'
import type { Check, CheckName, CheckStatus } from '../report.ts'
import type { Signer } from '../signer.ts'
import type { Subject } from '../subject.ts'

/** How far a recorder's clock may run ahead of the chain's, in seconds. */
const clockTolerance = 300n

function line(
  name: CheckName,
  status: CheckStatus,
  source: Check['source'],
  reason: string,
  raise?: string,
): Check {
  return { name, question: 'record', status, source, reason, ...(raise ? { raise } : {}) }
}

/** The largest that a Date holds (ECMA-262, section 21.4.1.1), in seconds. */
const lastDate = 8_640_000_000_000

function date(seconds: bigint | number): string {
  const count = Number(seconds)
  return count > lastDate ? `${seconds} s after 1970` : new Date(count * 1000).toISOString()
}

/** Whether the batch was signed by the session key, or by the owner in its place. */
export function checkSignature(
  subject: Subject,
  signer: Signer,
  state: ChainState | Unread,
): Check {
  const { sessionKey, owner } = subject.place
  switch (signer) {
    case 'sessionKey':
      return line(
        'signature',
        'verified',
        'proven',
        `The session key ${sessionKey} signed the batch.`,
      )
    case 'owner':
      return line(
        'signature',
        'verified',
        'proven',
        `The owner ${owner} signed the batch in the key’s place.`,
      )
    case 'ownerContract':
      return line(
        'signature',
        'verified',
        'vouched',
        `The owner’s contract ${owner} accepts the signature (ERC-1271), says the RPC endpoint.`,
      )
    case 'other':
      return line(
        'signature',
        'refuted',
        'proven',
        'The signature is by neither the session key nor the owner.',
      )
    case 'unknown':
      return line(
        'signature',
        'unknown',
        'proven',
        'The signature is by no plain key of the session or the owner; the owner’s contract could accept it.',
        'raise' in state ? state.raise : undefined,
      )
  }
}

/** Whether the chain holds the batch. */
export function checkSettlement({ batch }: Subject, state: ChainState | Unread): Check {
  if ('unread' in state) return line('settlement', 'unknown', 'vouched', state.unread, state.raise)
  const { settlement } = state
  if (!settlement) {
    return line(
      'settlement',
      'unknown',
      'vouched',
      `At block ${state.blockNumber} the chain holds no such batch.`,
      'It may not be settled yet; check again later.',
    )
  }
  const same =
    settlement.first === batch.first &&
    settlement.count === batch.count &&
    settlement.mode === batch.mode
  return same
    ? line(
        'settlement',
        'verified',
        'vouched',
        `Settled ${date(settlement.settledAt)}, says the RPC endpoint at block ${state.blockNumber}.`,
      )
    : line('settlement', 'refuted', 'vouched', 'The chain holds another batch under that root.')
}

/** Whether the declared time can be: a batch can't hold what was served after it was settled. */
export function checkTime({ inference }: Subject, state: ChainState | Unread): Check {
  if ('unread' in state) return line('time', 'unknown', 'vouched', state.unread, state.raise)
  const settledAt = state.settlement?.settledAt
  if (settledAt === undefined) {
    return line('time', 'unknown', 'vouched', 'Not settled, so nothing bounds the declared time.')
  }
  const served = date(inference.servedAt / 1000n)
  return inference.servedAt > (settledAt + clockTolerance) * 1000n
    ? line(
        'time',
        'refuted',
        'vouched',
        `Declared as served ${served}, but settled ${date(settledAt)} already.`,
      )
    : line(
        'time',
        'verified',
        'vouched',
        `Declared as served ${served}; it existed when it was settled, ${date(settledAt)}.`,
      )
}

/** How the session key stands, judged by what the chain saw. Where the owner settled, the key had no part in it. */
export function checkSessionKey({ inference }: Subject, state: ChainState | Unread): Check {
  if ('unread' in state) return line('sessionKey', 'unknown', 'vouched', state.unread, state.raise)
  const { settlement, sessionKey: key } = state
  if (!settlement)
    return line('sessionKey', 'unknown', 'vouched', 'Not settled, so no time to judge the key by.')
  if (!settlement.signedByKey) {
    return line(
      'sessionKey',
      'verified',
      'vouched',
      'The owner settled the batch in the key’s place.',
    )
  }
  if (key?.compromise && settlement.settledAt >= BigInt(key.compromise.since)) {
    const { since, reportedAt } = key.compromise
    return line(
      'sessionKey',
      'unknown',
      'vouched',
      `The owner reported at ${date(reportedAt)} that others held the key since ${date(since)}, before this was settled.`,
    )
  }
  if (!key || key.authorizedAt === 0 || BigInt(key.authorizedAt) > settlement.settledAt) {
    return line(
      'sessionKey',
      'refuted',
      'vouched',
      'The owner had not authorized the key when the batch was settled.',
    )
  }
  if (settlement.settledAt > BigInt(key.expiresAt)) {
    return line(
      'sessionKey',
      'refuted',
      'vouched',
      `The key’s authorization had ended ${date(key.expiresAt)}.`,
    )
  }
  if (
    key.revokedAt !== undefined &&
    isAfterRevocation(inference.servedAt, settlement.settledAt, key.revokedAt)
  ) {
    return line(
      'sessionKey',
      'refuted',
      'vouched',
      `The key was revoked ${date(key.revokedAt)}, before this was served.`,
    )
  }
  return line(
    'sessionKey',
    'verified',
    'vouched',
    'The key was in force when the batch was settled.',
  )
}

/**
 * Whether a key or environment revoked at a time is no longer good for an inference: it has to be served by then, and settled
 * within a day.
 *
 * @param servedAt - Unix ms.
 * @param settledAt - Unix seconds.
 * @param revokedAt - Unix seconds.
 */
export function isAfterRevocation(servedAt: bigint, settledAt: bigint, revokedAt: number): boolean {
  const revoked = BigInt(revokedAt)
  return servedAt > revoked * 1000n || settledAt > revoked + 86_400n
}

/** Whether the hints are what the chain says; undefined if there are none. */
export function checkHints({ receipt }: Subject, state: ChainState | Unread): Check | undefined {
  const { transactionHash, uri } = receipt.hints
  if (transactionHash === undefined && uri === undefined) return undefined
  if ('unread' in state) return line('hints', 'unknown', 'vouched', state.unread, state.raise)
  const event = state.hintedEvent
  return event && (uri === undefined || event.uri === uri)
    ? line('hints', 'verified', 'vouched', 'The hinted transaction holds the settlement.')
    : line(
        'hints',
        'unknown',
        'vouched',
        'The hinted transaction does not hold this settlement, or another address is hinted at for its data.',
        'Make the receipt anew; a reorganised chain may hold the settlement in another transaction.',
      )
}
