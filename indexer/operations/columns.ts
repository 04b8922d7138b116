import type { Client } from 'pg'

/** A version's tables as its readers see them: `table.column` and its type in words. */
export type Columns = ReadonlyMap<string, ColumnType>
type ColumnType = { type: string; nullable: boolean }

/** The columns of all tables that a version serves. */
export async function readColumns(client: Client, schema: string): Promise<Columns> {
  // Enums are of each version's own schema: their labels say whether they are the same.
  const { rows } = await client.query<ColumnType & { column: string }>(
    `select c.relname || '.' || a.attname as column, not a.attnotnull as nullable,
       case when t.typtype = 'e' then 'one of ' || (
         select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumlabel)
         from pg_enum e where e.enumtypid = t.oid
       ) else format_type(coalesce(nullif(t.oid, a.atttypid), a.atttypid), a.atttypmod) end
       || case when t.oid <> a.atttypid then ' list' else '' end as type
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     join pg_type own on own.oid = a.atttypid
     join pg_type t on t.oid = case when own.typcategory = 'A' then own.typelem else own.oid end
     where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'p') and not starts_with(c.relname, '_reorg__')`,
    [schema],
  )
  return new Map(rows.map(({ column, type, nullable }) => [column, { type, nullable }]))
}

/** What those who read `before` would miss in `after`, or not understand. */
export function missingColumns(before: Columns, after: Columns): string[] {
  const differences: string[] = []
  for (const [column, was] of before) {
    const is = after.get(column)
    if (!is) differences.push(`${column} is missing.`)
    else if (is.type !== was.type) differences.push(`${column} is ${is.type}, and was ${was.type}.`)
    else if (is.nullable && !was.nullable)
      differences.push(`${column} may be absent, and never was.`)
  }
  return differences.sort()
}
