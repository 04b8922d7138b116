import { type Client, escapeIdentifier, escapeLiteral } from 'pg'

/**
 * Makes another version out of one whose writer has ended: its tables, types and rows, in a schema of its own, as if a writer had written there and
 * ended a good while ago. Names are such as need no quotes.
 */
export async function copyVersion(client: Client, from: string, to: string): Promise<void> {
  const [source, target] = [escapeIdentifier(from), escapeIdentifier(to)]
  await client.query(`create schema ${target}`)
  const types = await client.query<{ name: string; labels: string[] }>(
    `select t.typname as name, array_agg(e.enumlabel::text order by e.enumsortorder) as labels
     from pg_type t join pg_enum e on e.enumtypid = t.oid
     where t.typnamespace = to_regnamespace($1) group by t.typname`,
    [source],
  )
  for (const { name, labels } of types.rows) {
    const values = labels.map((it) => escapeLiteral(it)).join(', ')
    await client.query(`create type ${target}.${escapeIdentifier(name)} as enum (${values})`)
  }
  const tables = await client.query<{ name: string; enums: Record<string, string> }>(
    `select c.relname as name,
       coalesce(jsonb_object_agg(a.attname, t.typname) filter (where t.typtype = 'e'), '{}') as enums
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_type t on t.oid = a.atttypid
     where c.relnamespace = to_regnamespace($1) and c.relkind = 'r' group by c.relname`,
    [source],
  )
  for (const { name, enums } of tables.rows) {
    const table = escapeIdentifier(name)
    await client.query(
      `create table ${target}.${table} (like ${source}.${table} including all excluding indexes)`,
    )
    for (const [column, type] of Object.entries(enums)) {
      const own = `${target}.${escapeIdentifier(type)}`
      const it = escapeIdentifier(column)
      await client.query(
        `alter table ${target}.${table} alter column ${it} type ${own} using ${it}::text::${own}`,
      )
    }
    const columns = await columnsOf(name, enums)
    await client.query(`insert into ${target}.${table} select ${columns} from ${source}.${table}`)
  }
  // Some have conditions on values of the version's types.
  const indexes = await client.query<{ definition: string }>(
    `select indexdef as definition from pg_indexes where schemaname = $1`,
    [from],
  )
  for (const { definition } of indexes.rows) {
    await client.query(definition.replaceAll(`${from}.`, `${target}.`))
  }
  await age(client, to)

  /** All columns in their order, those of a type of the version's as the copy's. */
  async function columnsOf(table: string, enums: Record<string, string>): Promise<string> {
    const { rows } = await client.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum`,
      [`${source}.${escapeIdentifier(table)}`],
    )
    return rows
      .map(({ name }) => {
        const column = escapeIdentifier(name)
        const type = enums[name]
        return type ? `${column}::text::${target}.${escapeIdentifier(type)}` : column
      })
      .join(', ')
  }
}

/** Puts the last sign of life of a version's writer two minutes back. */
export async function age(client: Client, schema: string): Promise<void> {
  await client.query(
    `update ${escapeIdentifier(schema)}._ponder_meta set value = jsonb_set(value, '{heartbeat_at}', $1)`,
    [String(Date.now() - 120_000)],
  )
}
