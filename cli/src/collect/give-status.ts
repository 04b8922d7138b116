import { type JournalPlace, logIdOf } from '@assay/sdk'
import type { CollectorBook } from '@assay/sdk/collect'
import { BaseError, SettlementTimeoutError } from '@assay/sdk/errors'
import { version } from '../version.ts'
import { json } from './answers.ts'
import type { CollectorLimits } from './limits.ts'
import { CollectorRefusalError } from './problems.ts'
import { within } from '../input/within.ts'

export type StatusParts = {
  book: Pick<CollectorBook, 'status' | 'flush' | 'journal'>
  place: JournalPlace
  limits: CollectorLimits
  waiting: () => number
  isStalled: () => boolean
}

/** Whose inferences are taken, and what became of them. */
export function giveStatus(parts: StatusParts): Response {
  return json(statusOf(parts))
}

/** Settles what is recorded now, and tells how far it came in time. */
export async function giveFlush(waitMillis: number, parts: StatusParts): Promise<Response> {
  const flushed = parts.book.flush()
  try {
    await within(waitMillis, flushed)
  } catch (error) {
    flushed.catch(() => undefined)
    if (error instanceof SettlementTimeoutError) return json(statusOf(parts), 202)
    // Only its name: what it says may hold the address of an endpoint, and in that a key.
    throw new CollectorRefusalError('not-settled', `Settling is stopped: ${nameOf(error)}.`, {
      retryAfter: 5,
    })
  }
  return json(statusOf(parts))
}

function statusOf({ book, place, limits, waiting, isStalled }: StatusParts) {
  const { lastError, ...counts } = book.status()
  const { chainId, inferenceLog, owner, sessionKey } = place
  return {
    version,
    chainId,
    inferenceLog,
    owner,
    sessionKey,
    logId: logIdOf({ ...place, instance: book.journal().instance }),
    ...counts,
    waiting: waiting(),
    stalled: isStalled(),
    lastError: lastError === undefined ? null : nameOf(lastError),
    limits,
  }
}

export function nameOf(error: unknown): string {
  return error instanceof BaseError ? error.name : 'UnexpectedError'
}
