import { type Client, escapeIdentifier } from 'pg'
import { isGone, isLockTrouble, transaction, withDatabase } from './database.ts'
import { holdersOf, lockKey, nameHolder, tryLockAlone } from './locks.ts'
import { heartbeatMillis, listVersions, readMeta } from './versions.ts'
import { viewersOf } from './views.ts'

/** How long is waited for those who just read something of a version that is taken away, in ms. */
const lockMillis = 5_000

export type PruneOptions = {
  databaseUrl: string
  /** How many of the unused versions stay, those that were written last. Default: 0. */
  keep?: number
  /** Whether it is only said what would be done. Default: no. */
  dryRun?: boolean
}

/** What became of a version, and why. `freed`: bytes on the disk. */
export type Pruned = { schema: string; buildId: string } & (
  { state: 'dropped' | 'would be dropped'; freed: number } | { state: 'left'; because: string[] }
)

/**
 * Takes away the versions that nobody uses. One stays if a process writes or reads it, if its writer gave a sign of life in the last minute,
 * or if views show it; each is looked at anew under a lock of its own when its turn comes.
 *
 * @throws OperationsDatabaseError
 */
export async function pruneVersions(options: PruneOptions): Promise<Pruned[]> {
  const { databaseUrl, keep = 0, dryRun = false } = options
  return withDatabase(databaseUrl, 'assay prune', async (client) => {
    // One at a time: what another just looks at would count as used.
    await client.query(`select pg_advisory_lock(${lockKey('$1')})`, ['prune'])
    let kept = 0
    const pruned: Pruned[] = []
    for (const { schema, buildId, bytes } of await listVersions(client)) {
      const version = { schema, buildId }
      const because = await transaction(client, async () => {
        const reasons = await reasonsToStay(client, schema)
        if (reasons.length > 0) return reasons
        if (kept < keep) return [`It is one of the ${keep} newest unused that are kept.`]
        if (!dryRun) await client.query(`drop schema ${escapeIdentifier(schema)} cascade`)
        return []
      }).catch((error: unknown) => {
        if (isGone(error)) return ['It is gone already.']
        if (isLockTrouble(error)) return ['Somebody reads or writes it without saying so.']
        throw error
      })
      if (because.length === 0) {
        pruned.push({ ...version, state: dryRun ? 'would be dropped' : 'dropped', freed: bytes })
        continue
      }
      if (because[0]?.startsWith('It is one of')) kept++
      pruned.push({ ...version, state: 'left', because })
    }
    return pruned
  })
}

/** Why a version stays. None: nobody uses it, and nobody can begin to before the transaction ends. */
export async function reasonsToStay(client: Client, schema: string): Promise<string[]> {
  await client.query(`set local lock_timeout = ${lockMillis}`)
  if (!(await tryLockAlone(client, schema))) {
    const holders = await holdersOf(client, schema)
    return holders.map((it) => `Used by ${nameHolder(it)}.`).concat(holders.length ? [] : ['Used.'])
  }
  // A writer that starts notes itself here first: it has to wait, or has done so before.
  await client.query(`lock table ${escapeIdentifier(schema)}._ponder_meta in access exclusive mode`)
  const meta = await readMeta(client, schema)
  const age = meta ? Date.now() - meta.heartbeat_at : undefined
  const viewers = await viewersOf(client, schema)
  return [
    // Also of one that ended: it may just be started anew.
    ...(age !== undefined && age < heartbeatMillis
      ? [`Its writer gave a sign of life ${Math.max(0, Math.round(age / 1000))} s ago.`]
      : []),
    ...viewers.map((viewer) => `The views in ${viewer} show it.`),
  ]
}
