/**
 * Advisory locks, by which those who use a version are known: they end with the session, however its process ends, and cost no table.
 * Writers and readers hold them shared; who takes something away needs it alone.
 */
import type { Client } from 'pg'

/** The first half of the keys, so that they are nobody else's: "assa". */
export const lockClass = 0x61737361

/** The cached blocks of a chain, as a thing to be locked; no schema has such a name. */
export const cachedBlocksOf = (chainId: number | string) => `blocks/${chainId}`

/** Switching the views of a schema, as a thing to be locked. */
export const switchingOf = (viewsSchema: string) => `switch/${viewsSchema}`

/** The key of a thing, in SQL. @param name - SQL that gives the thing's name. */
export const lockKey = (name: string) => `${lockClass}, hashtext(${name})`

/** Who holds a lock: what the session calls itself, and its process in the server. */
export type LockHolder = { name: string; pid: number }

/** Sessions that hold a thing locked in this database, but this one. */
export async function holdersOf(client: Client, thing: string): Promise<LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `select distinct coalesce(nullif(a.application_name, ''), 'unnamed session') as name, l.pid
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.pid <> pg_backend_pid()
       and l.database = (select oid from pg_database where datname = current_database())
       and l.classid = $1::bigint::oid and l.objid = (hashtext($2)::bigint & 4294967295)::oid
     order by name, pid`,
    [lockClass, thing],
  )
  return rows
}

/** Takes a thing for the transaction alone; false: somebody has it. */
export async function tryLockAlone(client: Client, thing: string): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>(
    `select pg_try_advisory_xact_lock(${lockKey('$1')}) as free`,
    [thing],
  )
  return rows[0]?.free === true
}

/** In words. */
export const nameHolder = ({ name, pid }: LockHolder) => `${name} (process ${pid} of the server)`
