import { type Client, escapeIdentifier, escapeLiteral } from 'pg'
import { behindQuery } from './behind.ts'
import { missingColumns, readColumns } from './columns.ts'
import { isLockTrouble, sqlState, transaction, withDatabase } from './database.ts'
import {
  BreakingSwitchError,
  NoSuchVersionError,
  VersionBehindError,
  ViewsBusyError,
  ViewsSchemaTakenError,
} from './errors.ts'
import { lockKey, switchingOf } from './locks.ts'
import { readShownBefore, writeShownBefore } from './shown-before.ts'
import { readMeta } from './versions.ts'
import { shownBy } from './views.ts'

/**
 * For so long, in ms, those who read wait at most while the views are locked one after the other. Readers ask within
 * 5 s (`lock_timeout`), but nobody likes to wait; and what waits for a lock longer than that waits behind a query that is long.
 */
const lockMillis = 150
const pauseMillis = 400
/** With which the server's own check says that the version is behind. */
const behindState = 'AS001'

/** How to switch the views to a version. */
export type SwitchViewsOptions = {
  databaseUrl: string
  viewsSchema: string
  /** Schema of the version to show. */
  schema: string
  /** What may be lost: columns that readers use, or rows that they have seen. Default: nothing. */
  accept?: readonly ('breaking' | 'behind')[]
  /** Only if the views never showed this version: what somebody switched back by hand stays so. */
  onlyNew?: boolean
  /** How long it is tried while the views are in use, in seconds. Default: 60. */
  timeoutSeconds?: number
}

/** What a switch has done. `from`: what was shown before, if anything; `lockedMillis`: how long readers may have waited. */
export type ViewsSwitch = {
  from: string | undefined
  to: string
  changed: boolean
  lockedMillis: number
}

/**
 * Makes the views of a schema show a version, all at once: who reads them meanwhile gets the old rows or the new ones, and never an
 * error or fewer than before.
 *
 * @throws NoSuchVersionError if there is no version.
 * @throws VersionBehindError if it is not ready, or behind what is shown.
 * @throws BreakingSwitchError if readers of what is shown would fail.
 * @throws ViewsSchemaTakenError if the schema holds other things than views.
 * @throws ViewsBusyError if the views were in use all the time.
 * @throws OperationsDatabaseError
 */
export async function switchViews(options: SwitchViewsOptions): Promise<ViewsSwitch> {
  const { databaseUrl, viewsSchema, timeoutSeconds = 60 } = options
  return withDatabase(databaseUrl, `assay switch of ${viewsSchema}`, async (client) => {
    const deadline = Date.now() + timeoutSeconds * 1000
    for (;;) {
      try {
        return await transaction(client, () => switchOnce(client, options))
      } catch (error) {
        if (!isLockTrouble(error)) throw error
        if (Date.now() > deadline) throw new ViewsBusyError(viewsSchema, timeoutSeconds, error)
        // Whoever waited behind this has its turn first.
        await new Promise((resolve) => setTimeout(resolve, pauseMillis * (0.5 + Math.random())))
      }
    }
  })
}

async function switchOnce(client: Client, options: SwitchViewsOptions): Promise<ViewsSwitch> {
  const { viewsSchema, schema, accept = [], onlyNew } = options
  await client.query(`set local lock_timeout = 5000`)
  // One switch at a time, and nobody takes the version away meanwhile.
  await client.query(`select pg_advisory_xact_lock(${lockKey('$1')})`, [switchingOf(viewsSchema)])
  await client.query(`select pg_advisory_xact_lock_shared(${lockKey('$1')})`, [schema])
  const meta = await readMetaOf(client, schema)
  await checkViewsSchema(client, viewsSchema)
  const from = await shownBy(client, viewsSchema)
  const version = `${schema}@${meta.build_id}`
  const before = await readShownBefore(client, viewsSchema)
  const unchanged = { from, to: schema, changed: false, lockedMillis: 0 }
  if (from === schema || (onlyNew && before.includes(version))) return unchanged
  if (meta.is_ready !== 1) throw new VersionBehindError(schema, ['Its past is still being read.'])

  const columns = await readColumns(client, schema)
  if (from && !accept.includes('breaking')) {
    const differences = missingColumns(await readColumns(client, from), columns)
    if (differences.length > 0) throw new BreakingSwitchError(schema, differences)
  }
  const behind =
    from && !accept.includes('behind') ? await behindQuery(client, schema, from) : undefined
  if (behind) {
    // Beforehand without any lock; what counts is the same question once nobody can read the views.
    const { rows } = await client.query<{ reason: string }>(behind)
    if (rows.length > 0)
      throw new VersionBehindError(
        schema,
        rows.map(({ reason }) => reason),
      )
  }
  const tables = [
    ...new Set([...columns.keys()].map((name) => name.slice(0, name.lastIndexOf('.')))),
  ]
  await client.query(`create schema if not exists ${escapeIdentifier(viewsSchema)}`)
  const began = performance.now()
  try {
    // In one message, so that the locks last no longer than the server takes, whatever this process is busy with.
    await client.query(
      [
        // What asks too long while nobody can read is tried again, too.
        `set local statement_timeout = ${lockMillis * 2}`,
        dropAll(viewsSchema),
        ...(behind ? [failIfAny(behind)] : []),
        ...tables.sort().map((table) => createView(viewsSchema, schema, table)),
        await grantsOf(client, viewsSchema),
        writeShownBefore(viewsSchema, [...before.filter((it) => it !== version), version]),
        'commit',
      ].join(';\n'),
    )
  } catch (error) {
    if (sqlState(error) !== behindState) throw error
    throw new VersionBehindError(schema, [(error as Error).message])
  }
  return { from, to: schema, changed: true, lockedMillis: Math.ceil(performance.now() - began) }
}

async function readMetaOf(client: Client, schema: string) {
  const { rows } = await client.query<{ there: boolean }>(
    `select to_regclass($1) is not null as there`,
    [`${escapeIdentifier(schema)}._ponder_meta`],
  )
  const meta = rows[0]?.there ? await readMeta(client, schema) : undefined
  if (!meta) throw new NoSuchVersionError(schema)
  return meta
}

/** @throws ViewsSchemaTakenError */
async function checkViewsSchema(client: Client, viewsSchema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind <> 'v' order by name limit 1`,
    [viewsSchema],
  )
  if (rows[0]) throw new ViewsSchemaTakenError(viewsSchema, `the table ${rows[0].name}`)
}

/**
 * Drops all views, always in one order, with one limit for all their locks together. `lock table` would lock the tables behind them as well,
 * and hold up who writes.
 */
const dropAll = (viewsSchema: string) => `
  do $switch$
  declare
    began timestamptz := clock_timestamp();
    name text;
  begin
    for name in
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${escapeLiteral(viewsSchema)} and c.relkind = 'v' order by 1
    loop
      perform set_config('lock_timeout', greatest(
        1, ${lockMillis} - extract(milliseconds from clock_timestamp() - began)
      )::integer::text, true);
      execute format('drop view %I.%I', ${escapeLiteral(viewsSchema)}, name);
    end loop;
    perform set_config('lock_timeout', '${lockMillis}', true);
  end $switch$`

const failIfAny = (query: string) => `
  do $switch$
  declare
    found text;
  begin
    select string_agg(reason, ' ') into found from (${query}) behind;
    if found is not null then
      raise exception using errcode = '${behindState}', message = found;
    end if;
  end $switch$`

const createView = (viewsSchema: string, schema: string, table: string) =>
  `create view ${escapeIdentifier(viewsSchema)}.${escapeIdentifier(table)} as
   select * from ${escapeIdentifier(schema)}.${escapeIdentifier(table)}`

/** Who could read the views may read the new ones: a view that is dropped takes its grants with it. */
async function grantsOf(client: Client, viewsSchema: string): Promise<string> {
  const { rows } = await client.query<{ role: string }>(
    `select distinct case when acl.grantee = 0 then 'public' else quote_ident(r.rolname) end as role
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     cross join lateral aclexplode(c.relacl) acl left join pg_roles r on r.oid = acl.grantee
     where n.nspname = $1 and c.relname = '_ponder_meta' and acl.privilege_type = 'SELECT'
       and acl.grantee <> c.relowner`,
    [viewsSchema],
  )
  return rows
    .map(
      ({ role }) =>
        `grant select on all tables in schema ${escapeIdentifier(viewsSchema)} to ${role}`,
    )
    .join(';\n')
}
