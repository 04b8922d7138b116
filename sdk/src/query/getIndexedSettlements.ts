import type { Hex } from 'viem'
import type { IndexerClient } from './client.ts'
import { getIndexedRows, type IndexerRow, type Page, type PageParameters } from './rows.ts'

/**
 * A settlement as the indexer tells it. Times in Unix seconds. `dataState`: whether its inferences can be read, `available`, `pending`,
 * `unavailable` or `invalid`.
 */
export type IndexedSettlement = IndexerRow<'settlement'>

export type GetIndexedSettlementsParameters = PageParameters & {
  logId?: Hex | undefined
  owner?: Hex | undefined
  root?: Hex | undefined
}

/** Settlements that fit all that is given, in the order of the chain. @throws IndexerUnreachableError, IndexerResponseError */
export function getIndexedSettlements(
  client: IndexerClient,
  { logId, owner, root, ...page }: GetIndexedSettlementsParameters = {},
): Promise<Page<IndexedSettlement>> {
  const where = { logId, owner: owner?.toLowerCase() as Hex | undefined, root }
  return getIndexedRows(client, 'settlement', { where, ...page })
}
