import { sql } from 'ponder'
import { db } from 'ponder:api'
import { holdVersion } from '../../operations/hold-version.ts'
import { goneSchemaExitCode } from '../../process.ts'
import type { IndexerSettings } from '../../settings.ts'
import { endWith } from './ending.ts'

/**
 * Says that this process uses its version, before it writes or answers anything, and ends the process when that was taken away. An
 * embedded database is nobody else's.
 */
export async function sayVersionIsUsed(settings: IndexerSettings, writes: boolean): Promise<void> {
  const { databaseUrl, chains } = settings
  if (databaseUrl === undefined) return
  // Ponder was told it by an argument; this is where its queries go.
  const result: unknown = await db.execute(sql`select current_schema() as schema`)
  const [row] = (result as { rows: { schema: string | null }[] }).rows
  const schema = row?.schema ?? settings.schema
  await holdVersion({
    ...{ databaseUrl, schema, role: writes ? 'writer' : 'reader' },
    chainIds: writes ? chains.map(({ chainId }) => chainId) : [],
    onGone: () => endWith(goneSchemaExitCode, `The schema ${schema} was taken away`),
  })
}
