import type { MiddlewareHandler } from 'hono'
import { sql } from 'ponder'
import { db } from 'ponder:api'
import { chain } from 'ponder:schema'
import { rowsHeader, type RowsState } from '../../rows-state.ts'
import { placeOf } from './progress.ts'

/** So long before an answer its rows may have been looked at, in ms: no writer takes rows back and has them again within that. */
const knownMillis = 1_000

type Read = { began: number; state: Promise<RowsState | undefined> }

/**
 * Says with each answer how far its rows went, for the gateway: a writer that is started anew takes back what was not final yet and reads it
 * again, and what is asked meanwhile is answered by less than before. It is read when the answer is there, and was read shortly before.
 */
export function tellRowsState(): MiddlewareHandler {
  let last: Read | undefined
  let next: Promise<RowsState | undefined> | undefined

  function read(): Promise<RowsState | undefined> {
    const began = performance.now()
    const state = readState().catch(() => undefined)
    last = { began, state }
    return state
  }

  /** What is read from now on; all who ask meanwhile share it. */
  function fresh(): Promise<RowsState | undefined> {
    next ??= Promise.resolve(last?.state).then(() => {
      next = undefined
      return read()
    })
    return next
  }

  return async (c, run) => {
    const known = last && performance.now() - last.began < knownMillis ? last.state : fresh()
    const before = await known
    await run()
    const after = await fresh()
    const unknown: RowsState = { live: false, run: '', reach: {} }
    const live = (before?.live ?? false) && (after?.live ?? false)
    c.header(rowsHeader, JSON.stringify({ ...(after ?? unknown), live }))
  }
}

/** The writer is told by the session that it holds its version with (hold-version.ts), of which every role sees name and process. */
async function readState(): Promise<RowsState> {
  const result: unknown = await db.execute(
    sql`select (select value->>'is_ready' from _ponder_meta where key = 'app') as ready,
      (select json_object_agg(chain_id, latest_checkpoint) from _ponder_checkpoint) as checkpoints,
      (select json_object_agg(${chain.chainId}, ${chain.available}::text) from ${chain}) as available,
      (select string_agg(pid::text, ' ' order by pid) from pg_stat_activity
        where datname = current_database() and application_name like 'assay writer of %') as run`,
  )
  type Row = {
    ready: string | null
    checkpoints: Record<string, string> | null
    available: Record<string, string> | null
    run: string | null
  }
  const [row] = (result as { rows: Row[] }).rows
  const reach = Object.entries(row?.checkpoints ?? {}).map(
    ([chainId, checkpoint]) =>
      [
        chainId,
        [Number(placeOf(checkpoint).block), Number(row?.available?.[chainId] ?? 0)],
      ] as const,
  )
  return { live: row?.ready === '1', run: row?.run ?? '', reach: Object.fromEntries(reach) }
}
