import { BatchStoreError } from '../errors/store.ts'
import { hasDigest } from './digest-name.ts'
import type { StoreAnswer } from './sender.ts'

/** A server that keeps bytes under a name by PUT. */
export type PutServer = {
  /** For errors. */
  where: string
  /** Writes the bytes; with `if-absent` only where there is nothing yet (`If-None-Match: *`, RFC 9110, section 13.1.2). */
  write(condition: 'if-absent' | 'always'): Promise<StoreAnswer>
  /** Whether its answer to a write says the digest of what it holds. */
  vouches(answer: StoreAnswer): boolean
  /** What it holds, of which at most as many bytes as were written are read. */
  read(): Promise<StoreAnswer>
  /** What an answer says of its reason, as far as that can be shown. */
  reasonOf?: (answer: StoreAnswer) => string | undefined
}

const isSuccess = (status: number) => status >= 200 && status < 300
/** There is something already; or just now somebody else writes. */
const isPresent = (status: number) => status === 409 || status === 412

/**
 * Brings a server to hold bytes, and makes sure of it: by what it says of their digest, else by reading them back. What is there already
 * is left alone if it is right, and replaced if it is not.
 *
 * @param name - Digest of the bytes.
 * @throws BatchStoreError
 */
export async function keepAt(server: PutServer, name: string): Promise<void> {
  let failure: BatchStoreError | undefined
  for (const condition of ['if-absent', 'always'] as const) {
    const answer = await server.write(condition)
    const there = isSuccess(answer.status) || isPresent(answer.status)
    if (there && server.vouches(answer)) return
    // A server that knows no conditions says so, or does without.
    const unconditional = condition === 'if-absent' && answer.status === 501
    if (unconditional) continue
    if (!there) throw refused(server, answer)
    failure = differing(server, await server.read(), name)
    if (!failure) return
  }
  throw failure ?? new BatchStoreError('refused', server.where, 'knows no way to write')
}

/** What keeps bytes that were read back from being the right ones; undefined if they are. */
function differing(
  server: PutServer,
  answer: StoreAnswer,
  name: string,
): BatchStoreError | undefined {
  if (!isSuccess(answer.status)) return refused(server, answer, 'does not give back what it took')
  if (!answer.tooLarge && hasDigest(answer.body, name)) return undefined
  return new BatchStoreError('altered', server.where, 'gives back other bytes than it took')
}

/** The error for an answer that is a no. */
export function refused(
  { where, reasonOf }: Pick<PutServer, 'where' | 'reasonOf'>,
  answer: StoreAnswer,
  description = 'refuses',
): BatchStoreError {
  const { status } = answer
  const reason = reasonOf?.(answer)
  return new BatchStoreError('refused', where, `${description}: status ${status}`, {
    status,
    metaMessages: [...(reason ? [`Reason: ${reason}`] : []), ...adviceOn(status)],
  })
}

function adviceOn(status: number): string[] {
  if (status === 401 || status === 403) {
    return ['Check the credentials, and that they may both write and read.']
  }
  // 0: a browser, which hides where it leads.
  if (status === 0 || (status >= 300 && status < 400)) {
    return [
      'Redirects are not followed: they would take the credentials along. Name the place itself.',
    ]
  }
  return []
}
