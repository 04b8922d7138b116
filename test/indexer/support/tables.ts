import type { IndexerClient } from '@assay/sdk'
import type { Row, Tables } from './rebuild.ts'

type Type = { kind: string; ofType: { kind: string } | null }

/** All rows of all tables that an indexer serves, by GraphQL, in the order of their positions. */
export async function readTables(client: IndexerClient, names: readonly string[]): Promise<Tables> {
  const tables: Tables = {}
  for (const name of names) tables[name] = await readTable(client, name)
  return tables
}

async function readTable(client: IndexerClient, name: string): Promise<Row[]> {
  const { __type } = await client.query(
    `{ __type(name: "${name}") { fields { name type { kind ofType { kind } } } } }`,
    {},
  )
  const { fields } = __type as { fields: { name: string; type: Type }[] }
  const plain = fields
    .filter(({ type }) => ['SCALAR', 'ENUM'].includes((type.ofType ?? type).kind))
    .map((field) => field.name)
  const rows: Row[] = []
  let after: string | null = null
  do {
    const data: Record<string, unknown> = await client.query(
      `query ($after: String) { ${name}s(orderBy: "position", limit: 1000, after: $after) {
        items { ${plain.join(' ')} } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    const page = data[`${name}s`] as {
      items: Row[]
      pageInfo: { hasNextPage: boolean; endCursor: string }
    }
    rows.push(...page.items)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after)
  return rows
}

/** Rows in an order that depends on nothing but what they hold. */
export function sorted(tables: Tables): Tables {
  const textOf = (row: Row) =>
    JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [
      name,
      rows.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)),
    ]),
  )
}
