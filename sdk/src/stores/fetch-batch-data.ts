import { remoteGet } from '#remote-get'
import type { Hex } from 'viem'
import { BatchDataUnavailableError, type UnavailableReason } from '../errors/store.ts'
import { defaultMaxBytes } from './batch-store.ts'
import { readUri, redirectedTo, shownUri, type UriRules } from './batch-uri.ts'
import { readDataUri } from './data-uri.ts'
import { digestName, hasDigest } from './digest-name.ts'
import { readLocalFile } from './local-file.ts'
import { baseUrlOf } from './place.ts'
import { type AddressRule, hostRule } from './host-rule.ts'
import { AddressRefusedError } from './remote/address-refused.ts'
import { fetchedBy } from './remote/fetched.ts'
import type { RemoteAnswer, RemoteGet } from './remote/remote-get.ts'
import { type TimeLimit, timeLimit } from './time-limit.ts'

export type FetchBatchDataOptions = {
  /** Which schemes are followed, beside `data` and those that the options below allow. Default: `['https']`. */
  schemes?: readonly ('https' | 'http')[] | undefined
  /** Asked for `ipfs:` URIs, such as `http://127.0.0.1:8080`; it may have any address. Default: none, they are refused. */
  ipfsGateway?: string | undefined
  /** Inside of which `file:` URIs are read. Default: none, they are refused. */
  fileDirectory?: string | undefined
  /**
   * Which hosts may be asked: those of the public internet, any, or by a test of the address. Browsers and runtimes of the edge don't tell
   * addresses: there, names are judged by themselves. Default: `public`.
   */
  addresses?: AddressRule | undefined
  /** More is not read; in bytes. Default: 67,108,864 (64 MiB). */
  maxBytes?: number | undefined
  /** How long it may take in all, in ms. Default: 30,000. */
  timeoutMillis?: number | undefined
  /** Redirects followed; each is judged as the URI was. Default: 3. */
  maxRedirects?: number | undefined
  /** Asks in place of our own connections: then addresses behind names are its concern. Default: none. */
  fetch?: typeof fetch | undefined
  /** Ends the call, which then rejects with the signal's reason. Default: never. */
  signal?: AbortSignal | undefined
}

/**
 * The batch data that a digest speaks of, from where a URI says that it is. Anybody may have written the URI; what comes back is exactly
 * the data that was signed, or an error.
 *
 * @param uri - As the settlement's event or a receipt hints at it. Not trusted.
 * @param dataDigest - SHA-256 of the data, from the chain or a signed batch.
 * @throws BatchDataUnavailableError; InvalidInputError if the digest is none; InvalidConfigError; the signal's reason if it is aborted.
 */
export async function fetchBatchData(
  uri: string,
  dataDigest: Hex,
  options: FetchBatchDataOptions = {},
): Promise<Uint8Array> {
  const { maxBytes = defaultMaxBytes, timeoutMillis = 30_000, ipfsGateway } = options
  const name = digestName(dataDigest)
  const rules: UriRules = {
    schemes: options.schemes ?? ['https'],
    ipfsGateway: ipfsGateway === undefined ? undefined : baseUrlOf('ipfsGateway', ipfsGateway),
    fileDirectory: options.fileDirectory,
  }
  const source = readUri(uri, rules)
  const fail = (reason: UnavailableReason, description: string) =>
    new BatchDataUnavailableError(reason, shownUri(uri), description)
  const limit = timeLimit(timeoutMillis, options.signal)
  let bytes: Uint8Array
  try {
    bytes =
      source.kind === 'data'
        ? dataOf(source.uri, maxBytes, fail)
        : await limit.race(
            source.kind === 'file'
              ? readLocalFile(source.url, rules.fileDirectory!, maxBytes)
              : follow(source.url, rules, { ...options, maxBytes }, limit, fail),
          )
  } catch (error) {
    options.signal?.throwIfAborted()
    if (limit.timedOut()) throw fail('timed-out', `it did not come in ${timeoutMillis} ms`)
    if (error instanceof BatchDataUnavailableError) throw error
    if (error instanceof AddressRefusedError) {
      throw fail('not-allowed', 'its host has no address that may be asked')
    }
    // Without the cause: the runtime's own error may show the whole URI.
    throw fail('unreachable', 'its host cannot be reached, or broke off')
  } finally {
    limit.end()
  }
  if (!hasDigest(bytes, name))
    throw fail('other-data', `what came is not the data of ${dataDigest}`)
  return bytes
}

type Fail = (reason: UnavailableReason, description: string) => BatchDataUnavailableError

function dataOf(uri: string, maxBytes: number, fail: Fail): Uint8Array {
  const bytes = readDataUri(uri, maxBytes)
  if (bytes === 'too-large') throw fail('too-large', `it has more than ${maxBytes} bytes`)
  if (!bytes) throw fail('not-allowed', 'its URI is none')
  return bytes
}

/** Asks, and asks again where redirects lead. */
async function follow(
  start: URL,
  rules: UriRules,
  options: FetchBatchDataOptions & { maxBytes: number },
  { signal }: TimeLimit,
  fail: Fail,
): Promise<Uint8Array> {
  const { addresses = 'public', maxBytes, maxRedirects = 3 } = options
  const get: RemoteGet = options.fetch ? fetchedBy(options.fetch) : remoteGet
  let url = start
  for (let redirects = 0; ; redirects++) {
    // The gateway is the reader's own choice.
    const hosts = hostRule(url.origin === rules.ipfsGateway?.origin ? 'any' : addresses)
    if (!hosts.accepts(url.hostname)) throw new AddressRefusedError()
    const answer = await get(url, { signal, maxBytes, accepts: hosts.acceptsAddress })
    if (answer.tooLarge) throw fail('too-large', `it has more than ${maxBytes} bytes`)
    if (answer.status === 200) return answer.bytes
    if (!isRedirect(answer)) throw unsuccessful(answer.status, fail)
    if (redirects >= maxRedirects) {
      throw fail('redirects', `it was redirected more than ${maxRedirects} times`)
    }
    url = redirectedTo(url, answer.location, rules)
  }
}

function isRedirect(answer: RemoteAnswer): answer is RemoteAnswer & { location: string } {
  return [301, 302, 303, 307, 308].includes(answer.status) && answer.location !== undefined
}

function unsuccessful(status: number, fail: Fail): BatchDataUnavailableError {
  if (status === 404 || status === 410) return fail('not-found', 'there is nothing at its URI')
  return fail('refused', `its host answers with status ${status}`)
}
