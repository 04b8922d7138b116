import { type Client, escapeIdentifier } from 'pg'
import { transaction, withDatabase } from './database.ts'
import { VersionInUseError } from './errors.ts'
import { cachedBlocksOf, holdersOf, nameHolder, tryLockAlone } from './locks.ts'
import { listVersions } from './versions.ts'

/** How many rows were cached of a chain, by table. */
export type PrunedChain = { chainId: number; rows: Record<string, number>; dropped: boolean }

/**
 * Takes away what is cached of a chain that no version indexes any more. Were it indexed again, all would be read from the chain anew.
 *
 * @param options.dryRun - Whether it is only said what there is. Default: no.
 * @throws VersionInUseError if a version indexes it, or one that may is just starting.
 * @throws OperationsDatabaseError
 */
export async function pruneChain(options: {
  databaseUrl: string
  chainId: number
  dryRun?: boolean
}): Promise<PrunedChain> {
  const { databaseUrl, chainId, dryRun = false } = options
  return withDatabase(databaseUrl, 'assay prune', (client) =>
    transaction(client, async () => {
      await refuseUsed(client, chainId)
      const { rows: tables } = await client.query<{ name: string }>(
        `select c.table_name as name from information_schema.columns c
         where c.table_schema = 'ponder_sync' and c.column_name = 'chain_id' order by 1`,
      )
      const rows: Record<string, number> = {}
      for (const { name } of tables) {
        const table = `ponder_sync.${escapeIdentifier(name)}`
        // In one transaction with the list of what is cached: half of it would be taken for all of it.
        const result = dryRun
          ? await client.query<{ count: string }>(
              `select count(*) as count from ${table} where chain_id = $1`,
              [chainId],
            )
          : await client.query<{ count: string }>(`delete from ${table} where chain_id = $1`, [
              chainId,
            ])
        rows[name] = dryRun ? Number(result.rows[0]?.count) : (result.rowCount ?? 0)
      }
      return { chainId, rows, dropped: !dryRun }
    }),
  )
}

async function refuseUsed(client: Client, chainId: number): Promise<void> {
  const thing = cachedBlocksOf(chainId)
  const what = `What is cached of chain ${chainId}`
  if (!(await tryLockAlone(client, thing))) {
    const holders = await holdersOf(client, thing)
    throw new VersionInUseError(
      what,
      holders.map((it) => `Used by ${nameHolder(it)}.`),
    )
  }
  const versions = await listVersions(client)
  const by = versions
    .filter(({ chains }) => chains.some((it) => it.chainId === chainId))
    .map(({ schema }) => `The version in ${schema} indexes it; \`prune\` takes away unused ones.`)
  // A writer of before these locks, which has not said yet what it indexes.
  const starting = versions
    .filter(({ written, chains, usedBy }) => written && chains.length === 0 && usedBy.length === 0)
    .map(({ schema }) => `The version in ${schema} is just starting.`)
  if (by.length + starting.length > 0) throw new VersionInUseError(what, [...by, ...starting])
}
