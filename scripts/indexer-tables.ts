type Column = {
  name: string
  columnType: string
  notNull: boolean
  primary: boolean
  enumValues?: readonly string[]
}

const readers: Readonly<Record<string, string>> = {
  PgHex: 'hex',
  PgEvmBigint: 'integer',
  PgInteger: 'number',
  PgText: 'string',
  PgBoolean: 'boolean',
}

/** What the SDK knows of the indexer's tables: from the indexer's schema, so that both name and type each column alike. */
export async function indexerTablesSource(): Promise<string> {
  const schema = (await import('../indexer/ponder.schema.ts')) as unknown as Record<string, object>
  const tables = Object.entries(schema).flatMap(([name, table]) => {
    const columns = columnsOf(table)
    return columns.length > 0 ? [[name, columns] as const] : []
  })
  const used = new Set(tables.flatMap(([, columns]) => columns.flatMap(([, it]) => wordsOf(it))))
  return [
    `import { ${[...used].sort().join(', ')} } from '../query/row.ts'\n`,
    '/** Tables of the indexer: their columns, as GraphQL names them. An absent value is null there. */',
    'export const indexerTables = {',
    ...tables.map(([name, columns]) => {
      const members = columns.map(([column, it]) => `${column}: ${readerOf(it)},`)
      return `${name}: {${members.join('')}},`
    }),
    '}',
  ].join('\n')
}

/** The columns of a table of Ponder's; none for relations and enumerations. */
function columnsOf(table: object): [string, Column][] {
  return Object.entries(table).filter(
    (entry): entry is [string, Column] =>
      typeof entry[1] === 'object' && entry[1] !== null && 'columnType' in entry[1],
  )
}

function readerOf(column: Column): string {
  const reader =
    column.columnType === 'PgEnumColumn'
      ? `oneOf(${column.enumValues?.map((word) => `'${word}'`).join(', ')})`
      : readers[column.columnType]
  if (!reader) throw new TypeError(`There is no reader for a column of type ${column.columnType}.`)
  return column.notNull || column.primary ? reader : `optional(${reader})`
}

function wordsOf(column: Column): string[] {
  return readerOf(column).match(/^(optional|\w+)|(?<=optional\()\w+/g) ?? []
}
