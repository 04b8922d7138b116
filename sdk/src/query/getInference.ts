import type { Hex } from 'viem'
import type { IndexerClient } from './client.ts'
import { hex, integer, optional, type RowOf } from './row.ts'
import { getPage, getRow, type Page, type PageParameters } from './table.ts'

const table = {
  name: 'inference',
  columns: {
    inferenceId: hex,
    logId: hex,
    sequence: integer,
    modelId: hex,
    environmentId: hex,
    commitment: hex,
    /** Unix milliseconds, declared. */
    servedAt: integer,
    /** Unix seconds. */
    settledAt: integer,
    /** Root of its batch. */
    root: hex,
    owner: optional(hex),
    position: integer,
  },
}

/** An inference as the indexer tells it. */
export type IndexedInference = RowOf<typeof table.columns>

/**
 * An inference by its id.
 *
 * @returns Undefined if the indexer does not know it (yet).
 * @throws IndexerUnreachableError, IndexerResponseError
 */
export function getInference(
  client: IndexerClient,
  parameters: { inferenceId: Hex },
): Promise<IndexedInference | undefined> {
  return getRow(client, table, { inferenceId: parameters.inferenceId })
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
  const { modelId, environmentId, owner, logId, servedFrom, servedBefore } = parameters
  const where = {
    modelId,
    environmentId,
    owner: owner?.toLowerCase(),
    logId,
    servedAt_gte: servedFrom,
    servedAt_lt: servedBefore,
  }
  return getPage(client, table, where, parameters)
}
