import { InvalidInputError } from '../errors/input.ts'
import { indexerTables } from '../generated/indexer.ts'
import type { IndexerClient } from './client.ts'
import { IndexerResponseError } from './errors.ts'
import { readRow, type RowOf } from './row.ts'
import { verifyRows } from './verify.ts'

/** Tables of the indexer, by their names in GraphQL. */
export type IndexerTable = keyof typeof indexerTables

/** A row of a table as the indexer tells it. Times in Unix seconds, `servedAt` in milliseconds; undefined: there is none. */
export type IndexerRow<T extends IndexerTable> = RowOf<(typeof indexerTables)[T]>

type Values<T extends IndexerTable> = {
  [K in keyof IndexerRow<T> & string]: NonNullable<IndexerRow<T>[K]>
}
type Integers<V> = { [K in keyof V & string]: V[K] extends bigint | number ? K : never }[keyof V &
  string]

/** Conditions on the columns of a table; a row has to fit all. Hex in lower case. */
export type IndexerFilter<T extends IndexerTable> = {
  [K in keyof Values<T>]?: Values<T>[K] | null | undefined
} & {
  [K in keyof Values<T> as `${K}_not`]?: Values<T>[K] | null | undefined
} & {
  [K in keyof Values<T> as `${K}_in`]?: readonly Values<T>[K][] | undefined
} & {
  [K in Integers<Values<T>> as `${K}_${'gt' | 'gte' | 'lt' | 'lte'}`]?: Values<T>[K] | undefined
}

/** A page of rows in the order of the chain. */
export type Page<T> = {
  items: T[]
  /** Give it as `after` to get the next page; undefined: there is none. */
  endCursor: string | undefined
}

/** Whether to ask the chain too. */
export type VerifyParameters = {
  /**
   * Checks each row against the chain that the client was made with; what the chain keeps is compared, and ids are computed anew. For
   * inferences, settlements, models, environments, session keys, inference logs and verdicts. Default: false.
   */
  verify?: boolean | undefined
}

/** Which page to give. */
export type PageParameters = VerifyParameters & {
  /** Rows at most, 1 to 1,000. Default: 100. */
  limit?: number | undefined
  /** `endCursor` of the page before. Default: from the start. */
  after?: string | undefined
}

export type GetIndexedRowsParameters<T extends IndexerTable> = PageParameters & {
  /** Default: all. */
  where?: IndexerFilter<T> | undefined
  /** From the first on, or from the last back. Default: `asc`. */
  order?: 'asc' | 'desc' | undefined
}

const maxLimit = 1_000

/**
 * A row by its key.
 *
 * @param key - The columns of the table's primary key.
 * @returns Undefined if the indexer does not know it (yet).
 * @throws IndexerUnreachableError, IndexerResponseError, IndexerContradictedError
 */
export async function getIndexedRow<T extends IndexerTable>(
  client: IndexerClient,
  table: T,
  key: Record<string, unknown>,
  { verify = false }: VerifyParameters = {},
): Promise<IndexerRow<T> | undefined> {
  const names = Object.keys(key)
  const parameters = names.map((name) => `$${name}: ${typeOf(key[name])}!`).join(', ')
  const args = names.map((name) => `${name}: $${name}`).join(', ')
  const data = await client.query(
    `query (${parameters}) { ${table}(${args}) { ${columnsOf(table)} } }`,
    plain(key),
  )
  const value = data[table]
  if (value === null || value === undefined) return undefined
  const row = readRow(indexerTables[table], value)
  if (verify) await verifyRows(client, table, [row])
  return row
}

/**
 * A page of the rows of a table that fit a filter, in the order of the chain.
 *
 * @throws IndexerUnreachableError, IndexerResponseError; InvalidInputError if the limit is out of range.
 */
export async function getIndexedRows<T extends IndexerTable>(
  client: IndexerClient,
  table: T,
  parameters: GetIndexedRowsParameters<T> = {},
): Promise<Page<IndexerRow<T>>> {
  const { where = {}, order = 'asc', limit = 100, after, verify = false } = parameters
  checkLimit(limit)
  const plural = `${table}s`
  const data = await client.query(
    `query ($where: ${table}Filter, $order: String, $limit: Int, $after: String) {
      ${plural}(where: $where, orderBy: "position", orderDirection: $order, limit: $limit, after: $after) {
        items { ${columnsOf(table)} }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    { where: plain(where), order, limit, after: after ?? null },
  )
  const page = data[plural] as
    | { items?: unknown; pageInfo?: { hasNextPage?: unknown; endCursor?: unknown } }
    | null
    | undefined
  if (!Array.isArray(page?.items)) throw new IndexerResponseError(`there is no list \`${plural}\``)
  const end = page.pageInfo?.hasNextPage === true ? page.pageInfo.endCursor : undefined
  if (end !== undefined && typeof end !== 'string')
    throw new IndexerResponseError('a cursor is no text')
  const items = page.items.map((item) => readRow(indexerTables[table], item))
  if (verify) await verifyRows(client, table, items)
  return { items, endCursor: end }
}

/** @throws InvalidInputError if a limit is out of range. */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new InvalidInputError('query', 'limit', `must be a whole number from 1 to ${maxLimit}`)
  }
}

const columnsOf = (table: IndexerTable) => Object.keys(indexerTables[table]).join(' ')

const typeOf = (value: unknown) => (typeof value === 'bigint' ? 'BigInt' : 'String')

/** Without what is not asked for, and integers as the indexer takes them. */
function plain(values: object): Record<string, unknown> {
  const text = (value: unknown) => (typeof value === 'bigint' ? String(value) : value)
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]: [string, unknown]) => [
        name,
        Array.isArray(value) ? value.map(text) : text(value),
      ]),
  )
}
