import {
  type BatchDataLayout,
  checkBatchData,
  couldBeSettled,
  decodeBatchData,
  inferenceIdOf,
  inferencesOf,
} from '@assay/sdk/formats'
import type { Context } from 'ponder:registry'
import { inference } from 'ponder:schema'
import type { Hex } from 'viem'
import { countLoaded } from './activity.ts'
import { figuresOf } from './figures.ts'
import { insertStatement } from './inferences-sql.ts'

/** The settlement whose inferences are rebuilt. */
export type SettledBatch = {
  chainId: bigint
  logId: Hex
  root: Hex
  first: bigint
  count: bigint
  owner: Hex | null
  sessionKey: Hex | null
  signedByKey: boolean
  /** Unix seconds. */
  settledAt: bigint
  /** Of the settlement, which its first inference has too. */
  position: bigint
}

/** Fewer rows are faster through Ponder's cache. */
const fewRows = 250
/** More are not left in Ponder's cache, which is emptied only after thousands of events. */
const maxCached = 50_000
/** More are not written by one statement, of which the database makes copies. */
const maxAtOnce = 50_000
let cached = 0

/**
 * Where the parts of batch data are.
 *
 * @param data - Not trusted.
 * @returns Undefined if it is no batch data, or holds another number of inferences than settled.
 */
export function layoutOf(batch: { count: bigint }, data: Uint8Array): BatchDataLayout | undefined {
  try {
    const layout = checkBatchData(data)
    return BigInt(layout.count) === batch.count ? layout : undefined
  } catch {
    // The settlement is marked; an error here would end the indexer's process for all others too.
    return undefined
  }
}

/**
 * Writes the rows of inferences that batch data holds, and counts them. That the data gives the root was checked by who hands it over: the contract,
 * for inline data.
 *
 * @param layout - Of the data.
 * @param start - The first inference that is written, from 0.
 * @param end - The one behind the last.
 */
export async function insertInferences(
  db: Context['db'],
  batch: SettledBatch,
  data: Uint8Array,
  layout: BatchDataLayout,
  start = 0,
  end = layout.count,
): Promise<void> {
  await countLoaded(db, batch, await figuresOf(db, batch, data, layout, start, end))
  if (layout.count < fewRows && cached < maxCached) {
    cached += end - start
    await db.insert(inference).values(rowsOf(batch, data).slice(start, end))
  } else {
    // It empties the cache first.
    cached = 0
    for (let from = start; from < end; from += maxAtOnce) {
      const to = Math.min(from + maxAtOnce, end)
      await db.sql.execute(insertStatement(batch, data, layout, from, to))
    }
  }
}

function rowsOf(batch: SettledBatch, data: Uint8Array) {
  const { chainId, logId, root, first, owner, settledAt, position } = batch
  return inferencesOf(logId, first, decodeBatchData(data)).map((it, i) => ({
    ...it,
    ...{ chainId, inferenceId: inferenceIdOf(it), settledAt, root, owner },
    impossibleTime: !couldBeSettled(it.servedAt, settledAt),
    position: position + BigInt(i),
  }))
}
