import { sql } from 'ponder'
import { db } from 'ponder:api'

/** How far the indexer has got: the last block whose events are in its tables, and that block's time in Unix seconds. */
export type Progress = { block: bigint; timestamp: bigint }

/** Reads how far the indexer has got; undefined while nothing is indexed. */
export async function readProgress(): Promise<Progress | undefined> {
  const result: unknown = await db.execute(sql`select latest_checkpoint from _ponder_checkpoint`)
  const [row] = (result as { rows: { latest_checkpoint: string }[] }).rows
  if (!row) return undefined
  // Ponder's checkpoints: ten digits of the block's time, sixteen of the chain id, sixteen of the block number, and more.
  const text = row.latest_checkpoint
  return { timestamp: BigInt(text.slice(0, 10)), block: BigInt(text.slice(26, 42)) }
}

/** Whether the indexer follows the chain's head, having read what is final. */
export async function isLive(): Promise<boolean> {
  const result: unknown = await db.execute(sql`select value from _ponder_meta where key = 'app'`)
  const [row] = (result as { rows: { value: { is_ready?: number } }[] }).rows
  return row?.value.is_ready === 1
}
