import type { Client } from 'pg'

/** The version that the views of a schema show; undefined: there are none. */
export async function shownBy(client: Client, viewsSchema: string): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string }>(
    `${viewUses} and vn.nspname = $1 and v.relname = '_ponder_meta'`,
    [viewsSchema],
  )
  return rows[0]?.schema
}

/** Schemas whose views show something of a schema. */
export async function viewersOf(client: Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ viewer: string }>(`${viewUses} and bn.nspname = $1`, [
    schema,
  ])
  return [...new Set(rows.map(({ viewer }) => viewer))].sort()
}

/** Which schema's views are made of which other schema's tables, as the server itself has it. */
const viewUses = `
  select distinct vn.nspname as viewer, bn.nspname as schema
  from pg_class v
  join pg_namespace vn on vn.oid = v.relnamespace
  join pg_rewrite r on r.ev_class = v.oid
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
    and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
  join pg_class b on b.oid = d.refobjid
  join pg_namespace bn on bn.oid = b.relnamespace
  where v.relkind in ('v', 'm') and vn.oid <> bn.oid`
