import type { Hex } from 'viem'
import type { IndexerClient } from './client.ts'
import { boolean, hex, integer, optional, type RowOf, string } from './row.ts'
import { getPage, type Page, type PageParameters } from './table.ts'

const table = {
  name: 'settlement',
  columns: {
    logId: hex,
    root: hex,
    first: integer,
    count: integer,
    mode: string,
    signedByKey: boolean,
    dataDigest: hex,
    /** Whether its inferences can be read: `available`, `pending`, `unavailable` or `invalid`. */
    dataState: string,
    uri: optional(string),
    settledAt: integer,
    owner: optional(hex),
    sessionKey: optional(hex),
    blockNumber: integer,
    transactionHash: hex,
    position: integer,
  },
}

/** A settlement as the indexer tells it. Times in Unix seconds. */
export type IndexedSettlement = RowOf<typeof table.columns>

export type GetIndexedSettlementsParameters = PageParameters & {
  logId?: Hex | undefined
  owner?: Hex | undefined
  root?: Hex | undefined
}

/** Settlements that fit all that is given, in the order of the chain. @throws IndexerUnreachableError, IndexerResponseError */
export function getIndexedSettlements(
  client: IndexerClient,
  parameters: GetIndexedSettlementsParameters = {},
): Promise<Page<IndexedSettlement>> {
  const { logId, owner, root } = parameters
  return getPage(client, table, { logId, owner: owner?.toLowerCase(), root }, parameters)
}
