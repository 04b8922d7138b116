import { Client } from 'pg'
import { cachedBlocksOf, lockKey } from './locks.ts'
import { shownBy } from './views.ts'

const lookMillis = 2_000
const retryMillis = 1_000
/** Longest wait for an answer of the server; after it the connection counts as dead. */
const answerMillis = 10_000

export type HoldVersionOptions = {
  databaseUrl: string
  /** Whose rows are written or read; of a schema of views, what they show is held as well. */
  schema: string
  role: 'writer' | 'reader'
  /** Chains whose cached blocks are needed. Default: none. */
  chainIds?: readonly number[]
  /** Called once when the schema is no longer there. */
  onGone: () => void
}

/**
 * Says for as long as this process lives that it uses a version, so that nobody takes that away: locks of a session of its own, taken anew
 * when the connection is lost. Resolves when they are held, or when there is nothing to hold.
 */
export async function holdVersion(options: HoldVersionOptions): Promise<void> {
  let session: Session | undefined
  for (;;) {
    try {
      session = await openSession(options)
      break
    } catch {
      // The server is away, or somebody is just taking something away: Ponder waits for it too.
      await pause(retryMillis)
    }
  }
  void keep(session, options)
}

async function keep(session: Session, options: HoldVersionOptions): Promise<void> {
  for (let current: Session | undefined = session; ;) {
    try {
      current ??= await openSession(options)
      if (!(await current.look())) {
        await current.end()
        options.onGone()
        return
      }
      await pause(lookMillis)
    } catch {
      await current?.end()
      current = undefined
      await pause(retryMillis)
    }
  }
}

type Session = { look: () => Promise<boolean>; end: () => Promise<void> }

async function openSession(options: HoldVersionOptions): Promise<Session> {
  const { databaseUrl, schema, role, chainIds = [] } = options
  const client = new Client({
    ...{ connectionString: databaseUrl, keepAlive: true, connectionTimeoutMillis: answerMillis },
    // The server cuts off what is longer than 63 bytes.
    ...{ application_name: `assay ${role} of ${schema}`, query_timeout: answerMillis },
  })
  // A connection that ends between two queries; the next query says so.
  client.on('error', () => undefined)
  const end = () => client.end().catch(() => undefined)
  const held = new Set<string>()
  const lock = async (thing: string) => {
    await client.query(`select pg_advisory_lock_shared(${lockKey('$1')})`, [thing])
    held.add(thing)
  }
  const unlock = async (thing: string) => {
    await client.query(`select pg_advisory_unlock_shared(${lockKey('$1')})`, [thing])
    held.delete(thing)
  }

  /** Whether the schema is there; holds what its views show now, and no longer what they showed. */
  async function look(): Promise<boolean> {
    const shown = await shownBy(client, schema)
    if (shown && !held.has(shown)) await lock(shown)
    for (const thing of held) {
      if (![schema, shown, ...chainIds.map(cachedBlocksOf)].includes(thing)) await unlock(thing)
    }
    const { rows } = await client.query(
      `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relname = '_ponder_meta'`,
      [schema],
    )
    return rows.length > 0
  }

  try {
    await client.connect()
    // Who takes something away has it for moments; past them the connection is given up and made anew.
    await client.query(`set lock_timeout = ${answerMillis / 2}`)
    for (const thing of [schema, ...chainIds.map(cachedBlocksOf)]) await lock(thing)
    await look()
  } catch (error) {
    await end()
    throw error
  }
  return { look, end }
}

const pause = (millis: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, millis).unref()
  })
