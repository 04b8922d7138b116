import { getHead, getSettlement } from '@assay/sdk'
import type { Sent } from '@assay/sdk/transactions'
import type { Hex } from 'viem'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'
import type { RelayPolicy } from '../policy.ts'
import type { CheckedBatch } from './checked-batch.ts'
import { createGatherer, gasOfMany, type Unit } from './gather.ts'
import type { Transactions } from './transactions.ts'

/** What became of a batch. Null: settled before, by a transaction that is not known. */
export type Outcome = { checked: CheckedBatch } & (
  | { status: 'settled'; transactionHash: Hex | null }
  | { status: 'sent'; sent: Sent }
  | { status: 'refused'; error: unknown }
)

/**
 * Settles batches, those of one inference log strictly one after the other: the next one is looked at once the chain has the one
 * before it. The same batch handed in again joins the first.
 */
export function createSettleBatches(
  chain: RelayChain,
  policy: Pick<RelayPolicy, 'gatherMillis' | 'maxGas'>,
  transactions: Transactions,
) {
  const { client, contracts } = chain
  const { inferenceLog } = contracts
  const { gatherMillis, maxGas } = policy
  const inFlight = new Map<string, Promise<Sent>>()
  const turns = new Map<Hex, Promise<unknown>>()
  const gatherer = createGatherer({ gatherMillis, maxGas, send: transactions.send })
  const keyOf = ({ logId, batch }: CheckedBatch) => `${logId}:${batch.root}:${batch.first}`

  /** Sends a unit, and keeps it joinable until it is mined. */
  async function sendUnit(unit: Unit): Promise<Sent> {
    const leave = await transactions.admit(unit)
    const sent = gatherer.add(unit)
    for (const checked of unit.batches) inFlight.set(keyOf(checked), sent)
    const end = () => {
      leave()
      for (const checked of unit.batches) {
        if (inFlight.get(keyOf(checked)) === sent) inFlight.delete(keyOf(checked))
      }
    }
    void sent.then(({ mined }) => mined.finally(end)).catch(end)
    return sent
  }

  /** @returns What became of each, and when the log's next batch may be looked at. */
  async function settleRun(
    batches: readonly CheckedBatch[],
  ): Promise<{ outcomes: Outcome[]; through: Promise<unknown> }> {
    const outcomes: Outcome[] = []
    const run: CheckedBatch[] = []
    let expected: bigint | undefined
    for (const checked of batches) {
      const { logId, batch } = checked
      const found = await getSettlement(client, { logId, root: batch.root, inferenceLog })
      if (found?.first === batch.first && found.count === batch.count) {
        outcomes.push({ checked, status: 'settled', transactionHash: null })
        continue
      }
      expected ??= await getHead(client, { logId, inferenceLog })
      if (batch.first !== expected) {
        outcomes.push({ checked, status: 'refused', error: outOfPlace(batch.first, expected) })
        continue
      }
      run.push(checked)
      expected += BigInt(batch.count)
    }
    let through: Promise<unknown> = Promise.resolve()
    let failure: unknown
    for (const unit of unitsOf(run, maxGas)) {
      // The chain decides about what follows only once it has this.
      await through
      if (failure === undefined) {
        try {
          const sent = await sendUnit(unit)
          through = sent.mined
          outcomes.push(
            ...unit.batches.map((checked) => ({ checked, status: 'sent', sent }) as const),
          )
          continue
        } catch (error) {
          failure = error
        }
      }
      const error = failure
      outcomes.push(
        ...unit.batches.map((checked) => ({ checked, status: 'refused', error }) as const),
      )
    }
    return { outcomes, through }
  }

  /** Batches of one log, in their order. */
  async function settleLog(logId: Hex, batches: readonly CheckedBatch[]): Promise<Outcome[]> {
    const joined: Outcome[] = []
    const rest: CheckedBatch[] = []
    for (const checked of batches) {
      const sent = await inFlight.get(keyOf(checked))?.catch(() => undefined)
      if (sent) joined.push({ checked, status: 'sent', sent })
      else rest.push(checked)
    }
    if (rest.length === 0) return joined
    const before = turns.get(logId) ?? Promise.resolve()
    const result = before.catch(() => undefined).then(() => settleRun(rest))
    const turn = result.then(({ through }) => through).catch(() => undefined)
    turns.set(logId, turn)
    void turn.then(() => {
      if (turns.get(logId) === turn) turns.delete(logId)
    })
    return [...joined, ...(await result).outcomes]
  }

  return {
    /** @returns What became of each, in the order given. */
    async settle(batches: readonly CheckedBatch[]): Promise<Outcome[]> {
      const logs = new Map<Hex, CheckedBatch[]>()
      for (const checked of batches) {
        logs.set(checked.logId, [...(logs.get(checked.logId) ?? []), checked])
      }
      const outcomes = await Promise.all(
        [...logs].map(([logId, list]) =>
          settleLog(logId, list).catch((error: unknown) =>
            list.map((checked) => ({ checked, status: 'refused', error }) as const),
          ),
        ),
      )
      const found = new Map(outcomes.flat().map((outcome) => [outcome.checked, outcome]))
      return batches.map((checked) => found.get(checked) as Outcome)
    },
  }
}

function outOfPlace(first: bigint, head: bigint): RelayError {
  return first > head
    ? new RelayError('batch-gap', `The batch begins at ${first}, the log ends at ${head}.`, {
        head,
      })
    : new RelayError('batch-fork', `The batch begins at ${first}, where another one is settled.`, {
        head,
      })
}

/** Takes as many together as fit into one transaction; one that code has to judge goes alone. */
export function unitsOf(run: readonly CheckedBatch[], maxGas: bigint): Unit[] {
  const units: { batches: CheckedBatch[]; alone: boolean }[] = []
  for (const checked of run) {
    const last = units.at(-1)
    const alone = checked.signedBy === undefined
    const fits = last && !last.alone && !alone && gasOfMany([...last.batches, checked]) <= maxGas
    if (fits) last.batches.push(checked)
    else units.push({ batches: [checked], alone })
  }
  return units
}
