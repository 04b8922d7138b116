import { Client } from 'pg'
import { OperationsDatabaseError } from './errors.ts'

/** Longest wait for a connection, in ms. */
const connectionTimeoutMillis = 10_000

/**
 * Opens a connection, gives it away, and closes it.
 *
 * @param purpose - Whom the server's list of sessions shows, such as `assay prune`.
 * @throws OperationsDatabaseError if there is none to be had, or what the server refuses.
 */
export async function withDatabase<T>(
  connectionString: string,
  purpose: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    ...{ connectionString, connectionTimeoutMillis, keepAlive: true },
    application_name: purpose,
  })
  // A connection that ends between two queries; the next query says so.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (cause) {
    throw new OperationsDatabaseError('The database gives no connection.', cause)
  }
  try {
    return await use(client)
  } catch (error) {
    if (sqlState(error) === undefined) throw error
    throw new OperationsDatabaseError('The database refused a step.', error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Does something in a transaction, of which nothing stays when it throws. */
export async function transaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** The code by which PostgreSQL says what is wrong; undefined: the error is not PostgreSQL's. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** Of a lock that was not to be had in time, or of a deadlock: what was tried may be tried again. */
export const isLockTrouble = (error: unknown) =>
  ['55P03', '40P01', '57014'].includes(sqlState(error) ?? '')

/** Of something that is no longer there: somebody else was faster. */
export const isGone = (error: unknown) => ['42P01', '3F000'].includes(sqlState(error) ?? '')
