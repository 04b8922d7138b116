import type { MiddlewareHandler } from 'hono'
import { sql } from 'ponder'
import { db } from 'ponder:api'
import { chain } from 'ponder:schema'
import { rowsHeader, type RowsState } from '../../rows-state.ts'
import { placeOf } from './progress.ts'

/** So long before an answer something may have been looked at, in ms: no writer takes rows back and has them again within that. */
const knownMillis = 1_000

/** Of which run they are is read apart: it takes more than all else. */
type Rows = Pick<RowsState, 'live' | 'reach'>
type Read<T> = { began: number; value: Promise<T | undefined> }

/**
 * Says with each answer how far its rows went, for the gateway: a writer that is started anew takes back what was not final yet and reads it
 * again, and what is asked meanwhile is answered by less than before. It is read when the answer is there, and was read shortly before.
 */
export function tellRowsState(): MiddlewareHandler {
  const rows = shared(readRows)
  const runs = shared(readRun)
  return async (c, answer) => {
    const before = await rows.known()
    await answer()
    const [after, run] = await Promise.all([rows.fresh(), runs.known()])
    const told: RowsState =
      before === undefined || after === undefined || run === undefined
        ? { live: false, run: '', from: {}, reach: {} }
        : { live: before.live && after.live, run, from: before.reach, reach: after.reach }
    c.header(rowsHeader, JSON.stringify(told))
  }
}

/** What is read is read once for all who ask meanwhile; what fails is undefined. */
function shared<T>(read: () => Promise<T>) {
  let last: Read<T> | undefined
  let next: Promise<T | undefined> | undefined

  function begin(): Promise<T | undefined> {
    const value = read().catch(() => undefined)
    last = { began: performance.now(), value }
    return value
  }

  /** What is read from now on. */
  function fresh(): Promise<T | undefined> {
    next ??= Promise.resolve(last?.value).then(() => {
      next = undefined
      return begin()
    })
    return next
  }

  const isKnown = () => last !== undefined && performance.now() - last.began < knownMillis
  return { fresh, known: () => (isKnown() ? last!.value : fresh()) }
}

/** The writer is told by the session that it holds its version with (hold-version.ts), of which every role sees name and process. */
async function readRun(): Promise<string> {
  const result: unknown = await db.execute(
    sql`select string_agg(pid::text, ' ' order by pid) as run from pg_stat_activity
      where datname = current_database() and application_name like 'assay writer of %'`,
  )
  const [row] = (result as { rows: { run: string | null }[] }).rows
  return row?.run ?? ''
}

async function readRows(): Promise<Rows> {
  const result: unknown = await db.execute(
    sql`select (select value->>'is_ready' from _ponder_meta where key = 'app') as ready,
      (select json_object_agg(chain_id, latest_checkpoint) from _ponder_checkpoint) as checkpoints,
      (select json_object_agg(${chain.chainId}, ${chain.available}::text) from ${chain}) as available`,
  )
  type Row = {
    ready: string | null
    checkpoints: Record<string, string> | null
    available: Record<string, string> | null
  }
  const [row] = (result as { rows: Row[] }).rows
  const reach = Object.entries(row?.checkpoints ?? {}).map(
    ([chainId, checkpoint]) =>
      [
        chainId,
        [Number(placeOf(checkpoint).block), Number(row?.available?.[chainId] ?? 0)],
      ] as const,
  )
  return { live: row?.ready === '1', reach: Object.fromEntries(reach) }
}
