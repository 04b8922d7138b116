import { sql } from 'ponder'
import { db } from 'ponder:api'

/** How far the indexer has got with a chain. */
export type Progress = {
  /** The last block whose events are in the tables. */
  block: bigint
  /** That block's time in Unix seconds. */
  timestamp: bigint
  /** The last block that no reorganization is reckoned with for, and its time. */
  finalized: { block: bigint; timestamp: bigint }
}

/** Reads how far the indexer has got, by chain ids; a chain of which nothing is indexed yet is missing. */
export async function readProgress(): Promise<Map<number, Progress>> {
  const result: unknown = await db.execute(
    sql`select chain_id, latest_checkpoint, finalized_checkpoint from _ponder_checkpoint`,
  )
  const { rows } = result as {
    rows: { chain_id: string; latest_checkpoint: string; finalized_checkpoint: string }[]
  }
  return new Map(
    rows.map((row) => [
      Number(row.chain_id),
      { ...placeOf(row.latest_checkpoint), finalized: placeOf(row.finalized_checkpoint) },
    ]),
  )
}

/** Ponder's checkpoints: ten digits of the block's time, sixteen of the chain id, sixteen of the block number, and more. */
export function placeOf(checkpoint: string): { block: bigint; timestamp: bigint } {
  return { timestamp: BigInt(checkpoint.slice(0, 10)), block: BigInt(checkpoint.slice(26, 42)) }
}

/** Whether the indexer follows the chains' heads, having read what is final. */
export async function isLive(): Promise<boolean> {
  const result: unknown = await db.execute(sql`select value from _ponder_meta where key = 'app'`)
  const [row] = (result as { rows: { value: { is_ready?: number } }[] }).rows
  return row?.value.is_ready === 1
}
