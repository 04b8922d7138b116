import { InvalidConfigError } from '../errors/config.ts'
import { IndexerResponseError, IndexerUnreachableError } from './errors.ts'

export type IndexerClientOptions = {
  /** GraphQL endpoint. */
  url: string
  /** Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
  /** Sent with each query. Default: none. */
  headers?: Record<string, string> | undefined
  /** How long an answer may take, in ms. Default: 10,000. */
  timeoutMillis?: number | undefined
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
  return {
    async query(document, variables) {
      const send = options.fetch ?? globalThis.fetch
      let status: number
      let text: string
      try {
        const response = await send(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query: document, variables }),
          signal: AbortSignal.timeout(timeoutMillis),
        })
        status = response.status
        text = await response.text()
      } catch (cause) {
        throw new IndexerUnreachableError(url, { cause })
      }
      if (text.length > maxAnswer) throw new IndexerResponseError('it is too long')
      return dataOf(status, text)
    },
  }
}

function dataOf(status: number, text: string): Record<string, unknown> {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw new IndexerResponseError(`status ${status}, and no JSON`, { cause })
  }
  const { data, errors } = (answer ?? {}) as { data?: unknown; errors?: { message?: unknown }[] }
  const message = Array.isArray(errors) ? errors[0]?.message : undefined
  if (typeof message === 'string') throw new IndexerResponseError(message.slice(0, 300))
  if (typeof data !== 'object' || data === null || message !== undefined) {
    throw new IndexerResponseError(`status ${status}, without data`)
  }
  return data as Record<string, unknown>
}
