import { rm } from 'node:fs/promises'
import { Client } from 'pg'

/** Where an indexer keeps what it has read. */
export type IndexerDatabase = {
  chainIds: readonly number[]
  /** Directory of the embedded database. */
  directory: string
  /** PostgreSQL connection string; undefined: the embedded database. */
  databaseUrl: string | undefined
  schema: string
}

/**
 * Takes away all that was read of the chains: rows and cached blocks. Everything comes back from the chain. Other schemas of a PostgreSQL
 * database, and what is cached of other chains, stay.
 */
export async function resetDatabase(database: IndexerDatabase): Promise<void> {
  const { chainIds, directory, databaseUrl, schema } = database
  if (databaseUrl === undefined) {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    return
  }
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const ours = await client.query(
      `select 1 from information_schema.tables where table_schema = $1 and table_name = '_ponder_meta'`,
      [schema],
    )
    if (ours.rows.length > 0) await client.query(`drop schema ${quoted(schema)} cascade`)
    const { rows } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.columns
       where table_schema = 'ponder_sync' and column_name = 'chain_id'`,
    )
    for (const { name } of rows) {
      await client.query(`delete from ponder_sync.${quoted(name)} where chain_id = any($1)`, [
        chainIds,
      ])
    }
  } finally {
    await client.end()
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
