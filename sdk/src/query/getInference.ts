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

/**
 * An inference as the indexer tells it. `servedAt` in Unix milliseconds, declared; `settledAt` in Unix seconds; `root` is that of its
 * batch.
 */
export type IndexedInference = IndexerRow<'inference'>

/**
 * An inference by its id.
 *
 * @returns Undefined if the indexer does not know it (yet).
 * @throws IndexerUnreachableError, IndexerResponseError
 */
export function getInference(
  client: IndexerClient,
  { inferenceId, verify }: { inferenceId: Hex } & VerifyParameters,
): Promise<IndexedInference | undefined> {
  return getIndexedRow(client, 'inference', { inferenceId }, { verify })
}

export type GetInferencesParameters = PageParameters & {
  modelId?: Hex | undefined
  environmentId?: Hex | undefined
  owner?: Hex | undefined
  logId?: Hex | undefined
  /** Declared as served at this time or later, in Unix milliseconds. */
  servedFrom?: bigint | undefined
  /** Declared as served before this time, in Unix milliseconds. */
  servedBefore?: bigint | undefined
}

/**
 * Inferences that fit all that is given, in the order of the chain.
 *
 * @throws IndexerUnreachableError, IndexerResponseError, InvalidInputError
 */
export function getInferences(
  client: IndexerClient,
  parameters: GetInferencesParameters = {},
): Promise<Page<IndexedInference>> {
  const { modelId, environmentId, owner, logId, servedFrom, servedBefore, ...page } = parameters
  const where = {
    modelId,
    environmentId,
    owner: owner?.toLowerCase() as Hex | undefined,
    logId,
    servedAt_gte: servedFrom,
    servedAt_lt: servedBefore,
  }
  return getIndexedRows(client, 'inference', { where, ...page })
}
