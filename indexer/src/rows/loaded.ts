import type { Context } from 'ponder:registry'
import { settlement } from 'ponder:schema'
import type { BatchLoader, LoadedBatch } from '../../batches/batch-loader.ts'
import { countDataState } from './activity.ts'
import { insertInferences, layoutOf } from './inferences.ts'
import type { OnChain } from './place.ts'

/** Rows written at once: what the database takes in some 100 ms, with all its indexes. */
const sliceRows = 1_000

/**
 * Writes what became of external batches, the smallest first, so that none waits for a giant: of that, as many rows as there is time for, the
 * rest with the next blocks.
 *
 * @param millis - How long it may take, about: what came with the same block can't be asked for before.
 */
export async function writeLoaded(
  { db, chain }: { db: Context['db'] } & OnChain,
  loader: BatchLoader,
  millis: number,
): Promise<void> {
  const deadline = performance.now() + millis
  // Of this chain alone: what a reorganization of another takes back would stay.
  for (const loaded of loader.outcomes(chain.id)) {
    if (performance.now() > deadline) return
    await writeOne(db, loader, loaded, deadline)
  }
}

async function writeOne(
  db: Context['db'],
  loader: BatchLoader,
  { batch, outcome }: LoadedBatch,
  deadline: number,
): Promise<void> {
  const key = { logId: batch.logId, root: batch.root }
  const row = await db.find(settlement, key)
  // A reorganization took it back, or its rows are here.
  if (!row || row.dataState === 'available') return loader.forget(batch)
  if (outcome.state !== 'available') {
    await countDataState(db, row, outcome.state)
    await db.update(settlement, key).set({ dataState: outcome.state, dataProblem: outcome.problem })
    return loader.forget(batch)
  }
  const data = await loader.dataOf(batch)
  const layout = data && layoutOf(row, data)
  // Taken out of the store meanwhile.
  if (!layout) return loader.forget(batch)
  await countDataState(db, row, 'pending')
  const count = Number(row.count)
  for (let start = Number(row.loaded); start < count;) {
    const end = Math.min(start + sliceRows, count)
    await insertInferences(db, row, data, layout, start, end)
    const dataState = end === count ? 'available' : 'pending'
    await db.update(settlement, key).set({ loaded: BigInt(end), dataState, dataProblem: null })
    start = end
    if (performance.now() > deadline) break
  }
}
