import { getSettlement, logIdOf } from '@assay/sdk'
import {
  parseSettlementRequest,
  type RelayedBatch,
  type RelayedSettlement,
  settlementRequestLimits,
} from '@assay/sdk/relay'
import type { Hex } from 'viem'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { problemOf } from '../problem-response.ts'
import { readJsonText } from '../request-body.ts'
import { within } from '../within.ts'
import type { CheckedBatch } from './checked-batch.ts'
import { checkBatch } from './checked-batch.ts'
import type { createSettleBatches, Outcome } from './settle-batches.ts'

/** Parts that a request for settlements passes. */
export type SettlementParts = {
  chain: RelayChain
  gate: Gate
  batches: ReturnType<typeof createSettleBatches>
}

/**
 * Settles what a request holds, and answers once it is sent, or mined if the request waits for that.
 *
 * @param waitMillis - How long to wait for the chain.
 * @throws RelayError, InvalidInputError for a request of which nothing can be done.
 */
export async function handleSettlements(
  request: Request,
  waitMillis: number,
  { chain, gate, batches }: SettlementParts,
): Promise<RelayedSettlement[]> {
  const text = await readJsonText(request, settlementRequestLimits.maxBytes)
  const asked = parseSettlementRequest(text)
  gate.checkChain(asked.chainId)
  gate.checkContract('inferenceLog', asked.inferenceLog)
  gate.checkAccepted('settleBatches')

  const refused = new Map<RelayedBatch, unknown>()
  const checked: CheckedBatch[] = []
  for (const batch of asked.batches) {
    try {
      gate.checkAccount(batch.log.owner)
      checked.push(await checkBatch(chain, batch))
    } catch (error) {
      refused.set(batch, error)
    }
  }
  const outcomes = new Map(
    (await batches.settle(checked)).map((outcome) => [outcome.checked.batch, outcome]),
  )
  return Promise.all(
    asked.batches.map(async (batch) => {
      const logId = logIdOf({ ...batch.log, chainId: asked.chainId, ...chain.contracts })
      const outcome: Pick<Outcome, 'status'> | undefined = outcomes.get(batch)
      const ended = outcome
        ? await endOf(outcome as Outcome, waitMillis, chain)
        : { status: 'refused' as const, error: refused.get(batch) }
      const name = { logId, root: batch.root }
      if (ended.status === 'settled') return { ...name, ...ended }
      if (ended.status === 'sent') return { ...name, ...ended }
      gate.tellRefusal(ended.error, batch.log.owner)
      return { ...name, status: 'refused' as const, problem: problemOf(ended.error) }
    }),
  )
}

type End =
  | Pick<Extract<RelayedSettlement, { status: 'settled' }>, 'status' | 'transactionHash'>
  | Pick<Extract<RelayedSettlement, { status: 'sent' }>, 'status' | 'transactionHash'>
  | { status: 'refused'; error: unknown }

/** What can be said of it after waiting for a while. */
async function endOf(outcome: Outcome, waitMillis: number, chain: RelayChain): Promise<End> {
  if (outcome.status === 'settled') {
    return { status: 'settled', transactionHash: outcome.transactionHash }
  }
  if (outcome.status === 'refused') return { status: 'refused', error: outcome.error }
  const { sent, checked } = outcome
  const pending = { status: 'sent', transactionHash: sent.hash } as const
  if (waitMillis === 0) return pending
  const ended = await within(
    waitMillis,
    sent.mined.then((mined) => ({ mined })),
  )
  if (!ended) return pending
  const { mined } = ended
  const { logId, batch } = checked
  const { inferenceLog } = chain.contracts
  const found = await getSettlement(chain.client, { logId, root: batch.root, inferenceLog }).catch(
    () => undefined,
  )
  if (found) {
    // Somebody else's may have been faster; then this one did nothing, and leads nobody to the batch.
    const didSettle = mined?.receipt.logs.some(({ topics }) =>
      (topics as readonly Hex[]).includes(batch.root),
    )
    return { status: 'settled', transactionHash: mined && didSettle ? mined.hash : null }
  }
  const error = new RelayError('refused', 'The transaction was mined, and did not settle it.')
  return { status: 'refused', error }
}
