import { type Client, escapeIdentifier } from 'pg'
import { isGone } from './database.ts'
import { holdersOf, type LockHolder } from './locks.ts'
import { viewersOf } from './views.ts'

/** For so long after its writer's last sign of life a version counts as written, in ms. Ponder gives one every 10 s. */
export const heartbeatMillis = 60_000

/** How far a version is on a chain. */
export type VersionChain = {
  chainId: number
  name: string
  /** Last block indexed. */
  block: string
  /** Its time, in Unix seconds. */
  timestamp: string
}

/** A version of the indexer in a database. */
export type IndexerVersion = {
  schema: string
  buildId: string
  /** Whether all that was final when it started is indexed. */
  ready: boolean
  /** Whether its writer gave a sign of life in the last minute, and has not said that it ended. */
  written: boolean
  /** Its writer's last sign of life, in Unix ms. */
  heartbeatAt: number
  chains: VersionChain[]
  /** Room on the disk, indexes and all. */
  bytes: number
  /** Processes that write or read it. */
  usedBy: LockHolder[]
  /** Schemas whose views show it. */
  shownBy: string[]
}

type Meta = { build_id: string; is_ready: 0 | 1; is_locked: 0 | 1; heartbeat_at: number }

/** All versions of a database, the one that was written last first. */
export async function listVersions(client: Client): Promise<IndexerVersion[]> {
  const { rows } = await client.query<{ schema: string }>(
    `select n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relname = '_ponder_meta' and c.relkind = 'r'`,
  )
  const versions: IndexerVersion[] = []
  for (const { schema } of rows) {
    const version = await readVersion(client, schema)
    if (version) versions.push(version)
  }
  return versions.sort((a, b) => b.heartbeatAt - a.heartbeatAt)
}

/** The version in a schema; undefined: there is none, or no longer, or it is still being made. */
export async function readVersion(
  client: Client,
  schema: string,
): Promise<IndexerVersion | undefined> {
  try {
    const meta = await readMeta(client, schema)
    if (!meta) return undefined
    const { rows } = await client.query<{ bytes: string }>(
      `select coalesce(sum(pg_total_relation_size(c.oid)), 0) as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind in ('r', 'm')`,
      [schema],
    )
    return {
      ...{ schema, buildId: meta.build_id, ready: meta.is_ready === 1 },
      ...{ written: isWritten(meta), heartbeatAt: meta.heartbeat_at },
      chains: await readChains(client, schema),
      bytes: Number(rows[0]?.bytes ?? 0),
      usedBy: await holdersOf(client, schema),
      shownBy: await viewersOf(client, schema),
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** What Ponder notes of a version. */
export async function readMeta(client: Client, schema: string): Promise<Meta | undefined> {
  const { rows } = await client.query<{ value: Meta }>(
    `select value from ${escapeIdentifier(schema)}._ponder_meta where key = 'app'`,
  )
  return rows[0]?.value
}

/** A version that is made known as unlocked has no writer; one that was killed says nothing. */
export const isWritten = (meta: Meta) =>
  meta.is_locked === 1 && Date.now() - meta.heartbeat_at < heartbeatMillis

async function readChains(client: Client, schema: string): Promise<VersionChain[]> {
  const { rows } = await client.query<VersionChain & { chainId: string }>(
    `select chain_id as "chainId", chain_name as name, ${blockOf('latest_checkpoint')}::text as block,
       ${timestampOf('latest_checkpoint')}::text as timestamp
     from ${escapeIdentifier(schema)}._ponder_checkpoint order by chain_id`,
  )
  return rows.map((row) => ({ ...row, chainId: Number(row.chainId) }))
}

/** The block of one of Ponder's checkpoints, in SQL: ten digits of its time, sixteen of the chain id, sixteen of its number, and more. */
export const blockOf = (checkpoint: string) => `substring(${checkpoint}, 27, 16)::numeric`
const timestampOf = (checkpoint: string) => `substring(${checkpoint}, 1, 10)::numeric`
