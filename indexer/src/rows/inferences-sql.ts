import {
  type BatchDataLayout,
  batchRecordLength,
  clockTolerance,
  leafHashesOfData,
} from '@assay/sdk/formats'
import { sql } from 'ponder'
import { inference } from 'ponder:schema'
import type { SettledBatch } from './inferences.ts'

/**
 * Ponder looks at a statement with a parser that it starts anew for each, which takes ten milliseconds, unless the statement is longer than
 * it would ever look at. It does the same with one that writes either way.
 */
const unparsed = sql.raw(' '.repeat(5_000))

/**
 * A statement that writes the rows of inferences. The database takes batch data apart by itself: making rows in this process, and text of
 * the rows, takes twice as long, and the memory for all rows between two of Ponder's commits.
 *
 * @param data - Batch data.
 * @param layout - Of the data.
 * @param start - The first inference, from 0.
 * @param end - The one behind the last.
 */
export function insertStatement(
  batch: SettledBatch,
  data: Uint8Array,
  layout: BatchDataLayout,
  start: number,
  end: number,
) {
  const { chainId, logId, root, first, owner, settledAt, position } = batch
  const { models, environments, records } = layout
  const from = records + batchRecordLength * start
  const bytes = (value: Uint8Array) => sql`${Buffer.from(value)}::bytea`
  const number = (value: bigint) => sql`${String(value)}::numeric`
  const latestServedAt = (settledAt + clockTolerance) * 1000n
  return sql`insert into ${inference} (
      chain_id, inference_id, log_id, sequence, model_id, environment_id, commitment,
      served_at, settled_at, root, owner, impossible_time, position
    )
    select
      ${number(chainId)}, ${word('ids', '32 * i')}, ${logId}::text, ${number(first + BigInt(start))} + i,
      ${word('dictionaries', `32 * ${index(0)}`)},
      ${word('dictionaries', `32 * (${models} + ${index(2)})`)},
      ${word('records', at(10))},
      ${servedAt}, ${number(settledAt)}, ${root}::text, ${owner}::text,
      ${servedAt} > ${number(latestServedAt)}, ${number(position + BigInt(start))} + i
    from (
      select
        ${bytes(leafHashesOfData(logId, first, data, layout, start, end))} as ids,
        ${bytes(data.subarray(records - 32 * (models + environments), records))} as dictionaries,
        ${bytes(data.subarray(from, from + batchRecordLength * (end - start)))} as records
    ) batch, generate_series(0, ${end - start - 1}::integer) i ${unparsed}`
}

/** Offset in a record, of the record that the database is at. */
const at = (offset: number) => `${batchRecordLength} * i + ${offset}`
/** 16 bits of a record. */
const index = (offset: number) =>
  `(get_byte(records, ${at(offset)}) * 256 + get_byte(records, ${at(offset + 1)}))`
const word = (of: string, offset: string) =>
  sql.raw(`'0x' || encode(substr(${of}, ${offset} + 1, 32), 'hex')`)
/** 48 bits of a record. */
const servedAt = sql.raw(
  `('x' || encode(substr(records, ${at(4)} + 1, 6), 'hex'))::bit(48)::bigint`,
)
