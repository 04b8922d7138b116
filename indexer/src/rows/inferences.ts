import { couldBeSettled, decodeBatchData, inferenceIdOf, inferencesOf } from '@assay/sdk/formats'
import type { Hex } from 'viem'
import { type PlacedEvent, positionOf } from './place.ts'

/** The settlement whose inferences are rebuilt. */
export type SettledBatch = {
  logId: Hex
  root: Hex
  first: bigint
  count: bigint
  owner: Hex | null
}

/**
 * Rows of the inferences that batch data holds. That the data gives the root was checked by who hands it over: the contract,
 * for inline data.
 *
 * @param data - Batch data, not trusted to be any.
 * @returns Undefined if it is no batch data, or holds another number of inferences than settled.
 */
export function inferenceRows(batch: SettledBatch, data: Uint8Array, event: PlacedEvent) {
  const records = recordsOf(data)
  if (!records || BigInt(records.length) !== batch.count) return undefined
  const { logId, root, owner } = batch
  return inferencesOf(logId, batch.first, records).map((inference, i) => ({
    ...inference,
    inferenceId: inferenceIdOf(inference),
    settledAt: event.block.timestamp,
    root,
    owner,
    impossibleTime: !couldBeSettled(inference.servedAt, event.block.timestamp),
    position: positionOf(event, i),
  }))
}

function recordsOf(data: Uint8Array) {
  try {
    return decodeBatchData(data)
  } catch {
    // The settlement is marked; an error here would end the indexer's process for all others too.
    return undefined
  }
}
