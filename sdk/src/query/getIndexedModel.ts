import type { Hex } from 'viem'
import type { IndexerClient } from './client.ts'
import {
  getIndexedRow,
  getIndexedRows,
  type IndexerRow,
  type Page,
  type PageParameters,
  type VerifyParameters,
} from './rows.ts'

/** A published model as the indexer tells it. Times in Unix seconds. */
export type IndexedModel = IndexerRow<'model'>

export type GetIndexedModelParameters = VerifyParameters & {
  modelId: Hex
  /** Default: of the chains on which it was published, the first. */
  chainId?: number | undefined
}

/** A published model by its id. @throws IndexerUnreachableError, IndexerResponseError */
export async function getIndexedModel(
  client: IndexerClient,
  { modelId, chainId, verify }: GetIndexedModelParameters,
): Promise<IndexedModel | undefined> {
  if (chainId !== undefined) {
    return getIndexedRow(client, 'model', { modelId, chainId: BigInt(chainId) }, { verify })
  }
  const { items } = await getIndexedRows(client, 'model', { where: { modelId }, limit: 1, verify })
  return items[0]
}

export type GetIndexedModelsParameters = PageParameters & {
  publisher?: Hex | undefined
  /** Models of several publishers may hold the same files. */
  manifestDigest?: Hex | undefined
}

/** Published models that fit all that is given. @throws IndexerUnreachableError, IndexerResponseError */
export function getIndexedModels(
  client: IndexerClient,
  { publisher, manifestDigest, ...page }: GetIndexedModelsParameters = {},
): Promise<Page<IndexedModel>> {
  const where = { publisher: publisher?.toLowerCase() as Hex | undefined, manifestDigest }
  return getIndexedRows(client, 'model', { where, ...page })
}
