import type { Hex } from 'viem'
import { InvalidBatchDataError } from '../errors/input.ts'
import { checkBatchData } from '../formats/batch-data.ts'
import { defaultMaxBytes, type ReadableBatchStore } from './batch-store.ts'
import { readBounded } from './bounded-body.ts'
import { digestBase64, hasDigest } from './digest-name.ts'
import { timeLimit } from './time-limit.ts'

export type BatchDataHandlerOptions = {
  /** Where the data is kept, such as `fileStore({ directory })`. */
  store: ReadableBatchStore
  /** Who may write, such as `bearerToken(token)`. Everybody may read. Default: nobody. */
  allow?: ((request: Request) => boolean | Promise<boolean>) | undefined
  /**
   * Asked about data that came whole and is what its path says, before it is kept; an answer refuses it. Default: all is kept.
   *
   * @param length - Of the data, in bytes.
   */
  admit?:
    | ((request: Request, dataDigest: Hex, length: number) => Promise<Response | undefined>)
    | undefined
  /**
   * Gives data out in place of the store, as it is, such as a file that nobody hashes anew: who reads compares the digest. `busy`: later.
   * Default: the store, which checks it each time.
   */
  read?: ((dataDigest: Hex) => Promise<GivenBatch | 'busy' | undefined>) | undefined
  /** What paths begin with, such as `/batches`. Default: nothing. */
  basePath?: string | undefined
  /** Longer data is refused; in bytes. Default: 67,108,864 (64 MiB). */
  maxBytes?: number | undefined
  /** Bytes that all data on its way in may take together; more is to come later. Default: 4 times `maxBytes`. */
  maxWaitingBytes?: number | undefined
  /** How long data may be on its way in, in ms. Default: 60,000. */
  timeoutMillis?: number | undefined
  /** Told what the store failed at; the client is not. Default: nobody. */
  onError?: ((error: unknown) => void) | undefined
}

/** Batch data on its way out. */
export type GivenBatch = {
  /** In bytes. */
  length: number
  body: ReadableStream<Uint8Array>
}

/** What is under a digest never changes; whether there is something does. */
const immutable = { 'cache-control': 'public, max-age=31536000, immutable' }
const transient = { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' }

/**
 * A server of batch data, as a function from request to response: `GET`, `HEAD` and `PUT <basePath>/<digest>`. It keeps nothing but batch
 * data, and that only under its own digest. Runs wherever requests and responses are those of the Fetch standard: Node with an adapter,
 * Bun, Deno, Workers.
 */
export function batchDataHandler(
  options: BatchDataHandlerOptions,
): (request: Request) => Promise<Response> {
  const { store, allow, maxBytes = defaultMaxBytes, timeoutMillis = 60_000 } = options
  const { maxWaitingBytes = 4 * maxBytes, onError, admit } = options
  const read = options.read ?? readStore
  const basePath = (options.basePath ?? '').replace(/\/+$/, '')
  const methods = allow ? 'GET, HEAD, PUT' : 'GET, HEAD'
  let waitingBytes = 0

  async function give(request: Request, name: string): Promise<Response> {
    const given = await read(`0x${name}`, request.signal)
    if (!given) return says(404, 'There is no batch data under this digest.')
    if (given === 'busy') {
      return says(503, 'Too much is on its way out.', { 'retry-after': '1' })
    }
    const { length, body } = given
    const letGo = () => void body.cancel().catch(() => undefined)
    const headers = {
      ...immutable,
      ...{ etag: `"${name}"`, 'repr-digest': `sha-256=:${digestBase64(name)}:` },
      // Public by its purpose; and never to be taken for a page.
      ...{ 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' },
    }
    if (namesTag(request.headers.get('if-none-match'), name)) {
      letGo()
      return new Response(null, { status: 304, headers })
    }
    if (request.method === 'HEAD') letGo()
    return new Response(request.method === 'HEAD' ? null : body, {
      headers: {
        ...headers,
        'content-type': 'application/octet-stream',
        'content-length': String(length),
      },
    })
  }

  async function readStore(dataDigest: Hex, signal: AbortSignal): Promise<GivenBatch | undefined> {
    const bytes = await store.get(dataDigest, { signal, maxBytes })
    return bytes && { length: bytes.length, body: new Blob([new Uint8Array(bytes)]).stream() }
  }

  async function take(request: Request, name: string): Promise<Response> {
    if (!(await allow?.(request))) {
      return says(401, 'A token is needed to write.', { 'www-authenticate': 'Bearer' })
    }
    if (/\S/.test(request.headers.get('content-encoding') ?? '')) {
      return says(415, 'Send the data as it is, without a content coding.')
    }
    const declared = Number(request.headers.get('content-length') ?? maxBytes)
    const length = Number.isSafeInteger(declared) && declared >= 0 ? declared : maxBytes
    if (length > maxBytes) return says(413, `At most ${maxBytes} bytes are taken.`)
    if (waitingBytes + length > maxWaitingBytes) {
      return says(503, 'Too much is on its way in.', { 'retry-after': '1' })
    }
    waitingBytes += length
    try {
      const bytes = await receive(request, length)
      return bytes instanceof Response ? bytes : await keep(request, name, bytes)
    } finally {
      waitingBytes -= length
    }
  }

  async function receive(request: Request, length: number): Promise<Uint8Array | Response> {
    const limit = timeLimit(timeoutMillis, request.signal)
    try {
      const { bytes, tooLarge } = await limit.race(readBounded(request.body, length))
      return tooLarge ? says(413, `At most ${length} bytes are taken.`) : bytes
    } catch (error) {
      if (limit.timedOut()) return says(408, `Send the data within ${timeoutMillis} ms.`)
      // The client went away, so nobody reads this.
      return says(
        400,
        `The data did not arrive: ${error instanceof Error ? error.name : 'cut off'}.`,
      )
    } finally {
      limit.end()
    }
  }

  async function keep(request: Request, name: string, bytes: Uint8Array): Promise<Response> {
    if (!hasDigest(bytes, name)) return says(422, 'The data has another digest than its path.')
    try {
      checkBatchData(bytes)
    } catch (error) {
      if (error instanceof InvalidBatchDataError) return says(422, error.shortMessage)
      throw error
    }
    const digest: Hex = `0x${name}`
    const refusal = await admit?.(request, digest, bytes.length)
    if (refusal) return refusal
    const there = await holds(digest)
    const headers = { etag: `"${name}"` }
    if (there && request.headers.get('if-none-match')?.trim() === '*') {
      return says(412, 'It is there already.', headers)
    }
    if (!there) await store.put(bytes, digest)
    return says(there ? 200 : 201, 'It is kept.', headers)
  }

  /** What is there and can't be read, or is other bytes, is replaced. */
  async function holds(digest: Hex): Promise<boolean> {
    try {
      return (await store.get(digest, { maxBytes })) !== undefined
    } catch (error) {
      onError?.(error)
      return false
    }
  }

  return async (request) => {
    const { pathname } = new URL(request.url)
    const [, name] = /^\/([0-9a-f]{64})$/.exec(pathname.slice(basePath.length)) ?? []
    if (!name || !pathname.startsWith(basePath)) {
      return says(404, 'Paths are 64 lower-case hex digits, a SHA-256.')
    }
    try {
      if (request.method === 'GET' || request.method === 'HEAD') return await give(request, name)
      if (request.method === 'PUT' && allow) return await take(request, name)
      return says(405, `Allowed are ${methods}.`, { allow: methods })
    } catch (error) {
      onError?.(error)
      return says(503, 'The store cannot be used just now.', { 'retry-after': '5' })
    }
  }
}

/** Whether `If-None-Match` names what is there (RFC 9110, section 13.1.2). */
function namesTag(condition: string | null, name: string): boolean {
  if (condition === null) return false
  return (
    condition.trim() === '*' ||
    condition.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${name}"`)
  )
}

function says(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { ...transient, ...headers } })
}
