import type { Address, Hex } from 'viem'
import { indexerTables } from '../generated/indexer.ts'
import { type CheckStatus, checkStatuses } from '../verify/report.ts'
import type { IndexerClient } from './client.ts'
import { IndexerResponseError } from './errors.ts'
import { oneOf, readRow } from './row.ts'
import { checkLimit, type IndexerRow, type Page, type PageParameters } from './rows.ts'
import { verifyRows } from './verify.ts'

/** What inferences are asked for; all that is given has to fit. */
export type FindInferencesParameters = PageParameters & {
  /** Default: all chains that are indexed. */
  chainId?: number | undefined
  modelId?: Hex | undefined
  /** Account that published the model. */
  publisher?: Address | undefined
  manifestDigest?: Hex | undefined
  environmentId?: Hex | undefined
  measurement?: Hex | undefined
  owner?: Address | undefined
  sessionKey?: Address | undefined
  logId?: Hex | undefined
  /** Root of the batch. */
  root?: Hex | undefined
  /** Declared as served at this time or later, in Unix milliseconds. */
  servedFrom?: bigint | undefined
  /** Declared as served before this time, in Unix milliseconds. */
  servedBefore?: bigint | undefined
  /** Settled at this time or later, in Unix seconds. */
  settledFrom?: bigint | undefined
  /** Settled before this time, in Unix seconds. */
  settledBefore?: bigint | undefined
  /** Under the SDK's default policy, by what is public. */
  status?: CheckStatus | undefined
}

/** An inference as the indexer tells it, with its status under the SDK's default policy. */
export type FoundInference = IndexerRow<'inference'> & { status: CheckStatus }

const columns = { ...indexerTables.inference, status: oneOf(...checkStatuses) }

/**
 * Inferences that fit all that is given, in the order of the chain, each with its status. A page may hold fewer than asked for, and
 * none, where few of many fit: `endCursor` says whether there are more.
 *
 * @throws IndexerUnreachableError, IndexerResponseError, InvalidInputError
 */
export async function findInferences(
  client: IndexerClient,
  parameters: FindInferencesParameters = {},
): Promise<Page<FoundInference>> {
  const { verify = false, ...asked } = parameters
  const { limit = 100 } = asked
  checkLimit(limit)
  const given = Object.entries({ ...asked, limit }).filter(([, value]) => value !== undefined)
  const answer = await client.get(
    'inferences',
    Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
  )
  const { items, after } = answer ?? {}
  if (!Array.isArray(items)) throw new IndexerResponseError('there is no list of inferences')
  if (after !== null && (typeof after !== 'string' || !/^-?[0-9]{1,78}$/.test(after))) {
    throw new IndexerResponseError('a cursor is no number')
  }
  const found = items.map((item) => readRow(columns, item))
  if (verify) await verifyRows(client, 'inference', found)
  return { items: found, endCursor: after ?? undefined }
}
