import { and, asc, eq, gt, inArray } from 'ponder'
import { db } from 'ponder:api'
import { settlement } from 'ponder:schema'
import type { Hex } from 'viem'
import type { BatchLoader } from '../../batches/batch-loader.ts'
import type { WantedBatch } from '../../batches/wanted-batch.ts'
import { noteLive } from '../rows/live.ts'
import { isLive } from './progress.ts'

const pageSize = 500
const pauseMillis = 1_000
/** Of one digest, more settlements are found when they are looked for next. */
const maxOfDigest = 100

type OpenState = 'pending' | 'unavailable'

/**
 * Looks for settlements whose data is not here and has them loaded: those that were there before this process was, and those whose rows a
 * reorganization took back. Page by page, without an end, so that it costs the same however many there are. What was given up is tried again
 * once a start. On the way it is seen when the past is read.
 */
export function loadOpenBatches(loader: BatchLoader): void {
  let after = -1n
  let states: OpenState[] = ['pending', 'unavailable']
  const look = async () => {
    try {
      if (await isLive()) noteLive()
      const found = await openBatches(
        and(inArray(settlement.dataState, states), gt(settlement.position, after)),
        pageSize,
      )
      for (const { batch, failed } of found) loader.want(batch, failed ? 1 : 0)
      after = found.at(-1)?.position ?? -1n
      if (found.length < pageSize) {
        after = -1n
        states = ['pending']
      }
    } catch {
      // There are no tables yet, or the database is away: the next look finds them.
    }
    setTimeout(() => void look(), pauseMillis).unref()
  }
  void look()
}

/** Has the batches loaded whose data has come. */
export async function loadBatchesOf(loader: BatchLoader, dataDigest: Hex): Promise<void> {
  const open = inArray(settlement.dataState, ['pending', 'unavailable'])
  const found = await openBatches(and(eq(settlement.dataDigest, dataDigest), open), maxOfDigest)
  for (const { batch } of found) loader.hurry(batch)
}

async function openBatches(condition: ReturnType<typeof and>, limit: number) {
  const rows = await db
    .select()
    .from(settlement)
    .where(and(eq(settlement.mode, 'external'), condition))
    .orderBy(asc(settlement.position))
    .limit(limit)
  return rows.map(({ position, dataState, uri, ...row }) => ({
    position,
    failed: dataState === 'unavailable',
    batch: {
      chainId: Number(row.chainId),
      ...{ logId: row.logId, root: row.root, first: row.first, count: row.count },
      ...{ dataDigest: row.dataDigest, uri: uri ?? '', owner: row.owner },
    } satisfies WantedBatch,
  }))
}
