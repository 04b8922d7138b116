import type { CollectorBook } from '@assay/sdk/collect'
import { SettlementTimeoutError } from '@assay/sdk/errors'
import { findReceipt } from '@assay/sdk/inspect'
import { setTimeout as pause } from 'node:timers/promises'
import { bytesToHex, type Hex } from 'viem'
import { json } from './answers.ts'
import { type KeptInference, type KeptInferences, logIdOfKept, stateOf } from './kept-inferences.ts'
import { CollectorRefusalError } from './problems.ts'

export type InferenceParts = {
  kept: Pick<KeptInferences, 'findById'>
  book: Pick<CollectorBook, 'receipt'>
  directory: string
  /** Aborted when the collector is about to end. */
  ending: AbortSignal
}

/** In seconds. */
const pendingRetryAfter = 2
/** How often a journal is looked at that is not recorded into, in ms. */
const lookEvery = 500

/** How far an inference has come. */
export async function giveInference(id: string, parts: InferenceParts): Promise<Response> {
  return json(shownOf(await find(id, parts)))
}

/** The receipt of an inference; what is known of it, if it is not settled in time. */
export async function giveReceipt(
  id: string,
  waitMillis: number,
  parts: InferenceParts,
  left: AbortSignal,
): Promise<Response> {
  // At the collector's end, and where nobody waits any more. Not by `AbortSignal.any`, which the one that lives long would hold on to.
  const signals = [parts.ending, left]
  const end = performance.now() + waitMillis
  let found = await find(id, parts)
  for (;;) {
    const receipt = await receiptOf(found, end - performance.now(), parts, signals)
    if (receipt) return json(receipt)
    if (performance.now() >= end || signals.some(({ aborted }) => aborted)) {
      return json(shownOf(found), 202, { 'retry-after': String(pendingRetryAfter) })
    }
    await pause(Math.min(lookEvery, Math.max(0, end - performance.now())))
    found = await find(id, parts)
  }
}

async function receiptOf(
  found: KeptInference,
  waitMillis: number,
  { book, directory }: InferenceParts,
  signals: readonly AbortSignal[],
) {
  const isPending = stateOf(found) === 'pending'
  if (isPending && (waitMillis <= 0 || !found.isOwn)) return undefined
  const { sequence } = found.record
  // Of one that was recorded anew it is another id than the one that was asked for.
  const inferenceId = bytesToHex(found.record.inferenceId)
  if (!found.isOwn) return (await findReceipt({ inferenceId, directory }))?.receipt
  try {
    const given = book.receipt({ inferenceId, sequence }, Math.max(1, waitMillis))
    return await (isPending ? unlessAborted(signals, given) : given)
  } catch (error) {
    if (error instanceof SettlementTimeoutError) return undefined
    throw error
  }
}

/** Undefined if one of them is aborted before. */
function unlessAborted<T>(
  signals: readonly AbortSignal[],
  work: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined)
    for (const signal of signals) {
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
    }
    const forget = () => signals.forEach((signal) => signal.removeEventListener('abort', stop))
    work.then(resolve, reject).finally(forget)
  })
}

async function find(id: string, { kept }: InferenceParts): Promise<KeptInference> {
  if (!/^0x[0-9a-f]{64}$/.test(id)) {
    throw new CollectorRefusalError('malformed', 'That is no inference id.')
  }
  const found = await kept.findById(id as Hex)
  if (found) return found
  throw new CollectorRefusalError('not-found', 'No journal here holds this inference.')
}

function shownOf(found: KeptInference) {
  return {
    inferenceId: bytesToHex(found.record.inferenceId),
    logId: logIdOfKept(found),
    sequence: String(found.record.sequence),
    state: stateOf(found),
  }
}
