import { InvalidInputError } from '../errors/input.ts'
import type { IndexerClient } from './client.ts'
import { IndexerResponseError } from './errors.ts'
import { type Column, readRow, type RowOf } from './row.ts'

type Columns = Record<string, Column<unknown>>

/** A table of the indexer: its name in GraphQL (the plural adds an s), and the columns that are asked for. */
export type Table<C extends Columns> = { name: string; columns: C }

/** A page of rows in the order of the chain. */
export type Page<T> = {
  items: T[]
  /** Give it as `after` to get the next page; undefined: there is none. */
  endCursor: string | undefined
}

/** Which page to give. */
export type PageParameters = {
  /** Rows at most, 1 to 1,000. Default: 100. */
  limit?: number | undefined
  /** `endCursor` of the page before. Default: from the start. */
  after?: string | undefined
}

const maxLimit = 1_000

/** One row by its key; undefined if there is none. */
export async function getRow<C extends Columns>(
  client: IndexerClient,
  table: Table<C>,
  key: Record<string, unknown>,
): Promise<RowOf<C> | undefined> {
  const names = Object.keys(key)
  const parameters = names.map((name) => `$${name}: String!`).join(', ')
  const args = names.map((name) => `${name}: $${name}`).join(', ')
  const fields = Object.keys(table.columns).join(' ')
  const data = await client.query(
    `query (${parameters}) { ${table.name}(${args}) { ${fields} } }`,
    key,
  )
  const value = data[table.name]
  return value === null || value === undefined ? undefined : readRow(table.columns, value)
}

/**
 * A page of rows that fit a filter, in the order of the chain.
 *
 * @param where - Filter in the indexer's words; undefined values ask for nothing.
 * @throws InvalidInputError if the limit is out of range.
 */
export async function getPage<C extends Columns>(
  client: IndexerClient,
  table: Table<C>,
  where: Record<string, unknown>,
  { limit = 100, after }: PageParameters,
): Promise<Page<RowOf<C>>> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new InvalidInputError('query', 'limit', `must be a whole number from 1 to ${maxLimit}`)
  }
  const plural = `${table.name}s`
  const fields = Object.keys(table.columns).join(' ')
  const data = await client.query(
    `query ($where: ${table.name}Filter, $limit: Int, $after: String) {
      ${plural}(where: $where, orderBy: "position", orderDirection: "asc", limit: $limit, after: $after) {
        items { ${fields} }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    { where: filterOf(where), limit, after: after ?? null },
  )
  const page = data[plural] as
    { items?: unknown; pageInfo?: { hasNextPage?: unknown; endCursor?: unknown } } | undefined
  if (!Array.isArray(page?.items)) throw new IndexerResponseError(`there is no list \`${plural}\``)
  const end = page.pageInfo?.hasNextPage === true ? page.pageInfo.endCursor : undefined
  if (end !== undefined && typeof end !== 'string')
    throw new IndexerResponseError('a cursor is no text')
  return { items: page.items.map((item) => readRow(table.columns, item)), endCursor: end }
}

function filterOf(where: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(where)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}
