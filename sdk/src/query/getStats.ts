import type { IndexerClient } from './client.ts'
import { IndexerResponseError } from './errors.ts'
import { type Column, integer, oneOf, readRow, type RowOf } from './row.ts'

export type GetStatsParameters = {
  /** Default: all chains that are indexed. */
  chainId?: number | undefined
  /** How many days back, 1 to 366. Default: 30. */
  days?: number | undefined
  /** How many weeks back, 1 to 104. Default: 12. */
  weeks?: number | undefined
}

/** A part of all, from 0 to 1; undefined: there is nothing of which it could be one. */
const share: Column<number | undefined> = (value, name) => {
  if (value === null) return undefined
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new IndexerResponseError(`\`${name}\` is no ratio`)
  }
  return value
}

/** Milliseconds; `longer` than a day; undefined: there is nothing of which it could be said. */
const within: Column<number | 'longer' | undefined> = (value, name) =>
  value === 'longer' ? value : share(value, name)

const listOf =
  <T>(read: Column<T>): Column<T[]> =>
  (value, name) => {
    if (!Array.isArray(value)) throw new IndexerResponseError(`\`${name}\` is no list`)
    return value.map((item) => read(item, name))
  }

const rowOf =
  <C extends Record<string, Column<unknown>>>(columns: C): Column<RowOf<C>> =>
  (value) =>
    readRow(columns, value)

const columns = {
  block: integer,
  time: integer,
  total: rowOf({
    ...{ inferences: integer, available: integer, pending: integer, unavailable: integer },
    ...{ invalid: integer, settlements: integer, owners: integer, confirmations: integer },
    inferencesPerConfirmation: share,
  }),
  days: listOf(
    rowOf({
      ...{ start: integer, settlements: integer, inferences: integer, signedByKey: integer },
      ...{ confirmations: integer, activeOwners: integer, newOwners: integer, available: integer },
      ...{ namesModel: integer, namesEnvironment: integer, byEnvironmentKey: integer },
      ...{ within1s: integer, within10s: integer, within1m: integer, within10m: integer },
      ...{ within1h: integer, within1d: integer, later: integer },
    }),
  ),
  proven: rowOf({
    ...{ signedByKey: share, byEnvironmentKey: share },
    ...{ namesEnvironment: share, namesModel: share },
  }),
  declaredToSettled: rowOf({
    source: oneOf('declared'),
    ...{ inferences: integer, p50: within, p90: within, p99: within },
  }),
  weeks: listOf(rowOf({ start: integer, activeOwners: integer, newOwners: integer })),
  cohorts: listOf(rowOf({ firstWeek: integer, owners: integer, active: listOf(integer) })),
}

/**
 * Figures of a chain: what was recorded, how much of it for one confirmation of its owner, what is proven, and who stayed. Times in Unix
 * seconds. `declaredToSettled` rests on the times that recorders declare.
 */
export type ChainStats = RowOf<typeof columns>

/**
 * Figures of the chains that are indexed, by their ids.
 *
 * @throws IndexerUnreachableError, IndexerResponseError
 */
export async function getStats(
  client: IndexerClient,
  parameters: GetStatsParameters = {},
): Promise<Map<number, ChainStats>> {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const answer = await client.get(
    'stats',
    Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
  )
  const chains = answer?.chains
  if (typeof chains !== 'object' || chains === null) {
    throw new IndexerResponseError('there are no chains')
  }
  return new Map(
    Object.entries(chains).map(([chainId, stats]) => [Number(chainId), readRow(columns, stats)]),
  )
}
