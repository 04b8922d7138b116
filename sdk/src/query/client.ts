import type { Address } from 'viem'
import type { ContractName, ReadClient } from '../actions/contract.ts'
import { InvalidConfigError } from '../errors/config.ts'
import { IndexerResponseError, IndexerUnreachableError } from './errors.ts'

export type IndexerClientOptions = {
  /** GraphQL endpoint; what else the indexer answers is beside it. */
  url: string
  /** Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
  /** Sent with each query. Default: none. */
  headers?: Record<string, string> | undefined
  /** How long an answer may take, in ms. Default: 10,000. */
  timeoutMillis?: number | undefined
  /** What answers are checked against where `verify` is asked for. Default: none. */
  chain?: IndexedChain | undefined
}

/** A chain that an indexer's answers are checked against. */
export type IndexedChain = {
  /** A viem client that knows its chain. */
  client: ReadClient
  /** Default: the deployment on that chain. */
  contracts?: Partial<Record<ContractName, Address>> | undefined
}

/** A connection to an indexer. */
export type IndexerClient = {
  /**
   * Sends a GraphQL query.
   *
   * @returns The `data` of the answer, not trusted.
   * @throws IndexerUnreachableError, IndexerResponseError
   */
  query(document: string, variables: Record<string, unknown>): Promise<Record<string, unknown>>
  /**
   * Asks for what is beside the GraphQL endpoint.
   *
   * @param path - Such as `inferences`.
   * @returns The answer, not trusted; undefined if there is no such thing.
   * @throws IndexerUnreachableError, IndexerResponseError
   */
  get(
    path: string,
    parameters?: Record<string, string>,
  ): Promise<Record<string, unknown> | undefined>
  /**
   * Opens a stream of events.
   *
   * @param signal - Ends it.
   * @returns Its bytes, not trusted.
   * @throws IndexerUnreachableError, also where it is to be tried again later; IndexerResponseError
   */
  stream(
    path: string,
    parameters: Record<string, string>,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>>
  readonly chain: IndexedChain | undefined
}

/** An answer larger than this is not read. */
const maxAnswer = 64 * 2 ** 20

/**
 * Makes a client for an indexer's GraphQL endpoint.
 *
 * @throws InvalidConfigError if the URL is none.
 */
export function createIndexerClient(options: IndexerClientOptions): IndexerClient {
  const { url, headers = {}, timeoutMillis = 10_000 } = options
  if (!URL.canParse(url)) throw new InvalidConfigError('url (ASSAY_INDEXER_URL)', 'is no URL')

  async function ask(from: string | URL, request: RequestInit) {
    const send = options.fetch ?? globalThis.fetch
    let status: number
    let text: string
    try {
      const signal = AbortSignal.timeout(timeoutMillis)
      const response = await send(from, { ...request, signal })
      status = response.status
      text = await response.text()
    } catch (cause) {
      throw new IndexerUnreachableError(url, { cause })
    }
    if (text.length > maxAnswer) throw new IndexerResponseError('it is too long')
    return { status, answer: objectOf(status, text) }
  }

  return {
    chain: options.chain,
    async query(document, variables) {
      const { status, answer } = await ask(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: document, variables }),
      })
      return dataOf(status, answer)
    },
    async get(path, parameters = {}) {
      const from = new URL(path, url)
      for (const [name, value] of Object.entries(parameters)) from.searchParams.set(name, value)
      const { status, answer } = await ask(from, { headers })
      if (status === 404) return undefined
      if (status !== 200) throw new IndexerResponseError(problemOf(status, answer.error))
      return answer
    },
    async stream(path, parameters, signal) {
      const from = new URL(path, url)
      for (const [name, value] of Object.entries(parameters)) from.searchParams.set(name, value)
      const send = options.fetch ?? globalThis.fetch
      const opening = new AbortController()
      const timer = setTimeout(() => opening.abort(), timeoutMillis)
      let response: Response
      try {
        response = await send(from, {
          headers: { ...headers, accept: 'text/event-stream' },
          signal: AbortSignal.any([signal, opening.signal]),
        })
      } catch (cause) {
        throw new IndexerUnreachableError(url, { cause })
      } finally {
        clearTimeout(timer)
      }
      const { status, body } = response
      const type = response.headers.get('content-type') ?? ''
      if (status === 200 && body && /^text\/event-stream\b/i.test(type)) return body
      body?.cancel().catch(() => undefined)
      if (status === 429 || status >= 500) {
        throw new IndexerUnreachableError(url, {
          cause: new IndexerResponseError(`status ${status}`),
        })
      }
      throw new IndexerResponseError(`status ${status}, and no stream of events`)
    },
  }
}

function objectOf(status: number, text: string): Record<string, unknown> {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw new IndexerResponseError(`status ${status}, and no JSON`, { cause })
  }
  if (typeof answer !== 'object' || answer === null) {
    throw new IndexerResponseError(`status ${status}, without data`)
  }
  return answer as Record<string, unknown>
}

function dataOf(status: number, answer: Record<string, unknown>): Record<string, unknown> {
  const { data, errors } = answer as { data?: unknown; errors?: { message?: unknown }[] }
  const message = Array.isArray(errors) ? errors[0]?.message : undefined
  if (typeof message === 'string') throw new IndexerResponseError(problemOf(status, message))
  if (typeof data !== 'object' || data === null || message !== undefined) {
    throw new IndexerResponseError(`status ${status}, without data`)
  }
  return data as Record<string, unknown>
}

const problemOf = (status: number, message: unknown) =>
  typeof message === 'string' ? message.slice(0, 300) : `status ${status}`
