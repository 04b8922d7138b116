import type { Hex } from 'viem'
import type { IndexerClient } from './client.ts'
import { hex, integer, optional, type RowOf, string } from './row.ts'
import { getPage, getRow, type Page, type PageParameters } from './table.ts'

const table = {
  name: 'model',
  columns: {
    modelId: hex,
    publisher: hex,
    name: string,
    version: string,
    manifestDigest: hex,
    signingRoot: optional(hex),
    uri: string,
    publishedAt: integer,
    retiredAt: optional(integer),
    position: integer,
  },
}

/** A published model as the indexer tells it. Times in Unix seconds. */
export type IndexedModel = RowOf<typeof table.columns>

/** A published model by its id. @throws IndexerUnreachableError, IndexerResponseError */
export function getIndexedModel(
  client: IndexerClient,
  parameters: { modelId: Hex },
): Promise<IndexedModel | undefined> {
  return getRow(client, table, { modelId: parameters.modelId })
}

export type GetIndexedModelsParameters = PageParameters & {
  publisher?: Hex | undefined
  /** Models of several publishers may hold the same files. */
  manifestDigest?: Hex | undefined
}

/** Published models that fit all that is given. @throws IndexerUnreachableError, IndexerResponseError */
export function getIndexedModels(
  client: IndexerClient,
  parameters: GetIndexedModelsParameters = {},
): Promise<Page<IndexedModel>> {
  const { publisher, manifestDigest } = parameters
  return getPage(client, table, { publisher: publisher?.toLowerCase(), manifestDigest }, parameters)
}
