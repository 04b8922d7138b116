import type { Hex } from 'viem'
import { environment } from '../config/environment.ts'
import type { ReadableBatchStore, StoreCallOptions, StoreGetOptions } from './batch-store.ts'
import { checkedHeaders } from './checked-headers.ts'
import { digestBase64, digestName, nameOfData } from './digest-name.ts'
import { keepAt } from './kept.ts'
import { baseUrlOf, below, placeOf, publicUri } from './place.ts'
import { getKept } from './read-kept.ts'
import { createSender, type StoreRequestOptions } from './sender.ts'

export type HttpStoreOptions = StoreRequestOptions & {
  /** Sent with each request, such as those that authorize. Default: none. */
  headers?: Record<string, string> | undefined
  /** Sent as `Authorization: Bearer`, unless the headers authorize. Default: ASSAY_STORE_TOKEN. */
  token?: string | undefined
  /** Where others find the data: `<publicUrl>/<digest>`. Default: the URL, without its query. */
  publicUrl?: string | undefined
}

/** What a server may say beside the status. */
const maxAnswer = 2 ** 16

/**
 * A store behind a server that takes `PUT <url>/<digest>`, such as one with our own `batchDataHandler`. Its answer with the digest as
 * `ETag` counts as proof that it holds the data; of any other server the data is read back.
 *
 * @param url - Of http or https. A query, such as a shared access signature, is sent with each request and never shown.
 * @throws InvalidConfigError
 */
export function httpStore(url: string, options: HttpStoreOptions = {}): ReadableBatchStore {
  const base = baseUrlOf('url', url)
  const open = baseUrlOf('publicUrl', options.publicUrl ?? publicUri(base))
  const headers = headersOf(options)
  const send = createSender(options)
  const reading = (target: URL, maxBytes: number, { signal }: StoreCallOptions) =>
    send(() => ({ url: target, method: 'GET', headers }), {
      ...{ where: placeOf(target), maxBytes, signal },
    })

  async function put(data: Uint8Array, dataDigest: Hex, call: StoreCallOptions = {}) {
    const name = nameOfData(data, dataDigest)
    const target = below(base, name)
    const where = placeOf(target)
    // A copy: the caller's own could change between two tries.
    const body = new Uint8Array(data)
    const writing = {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-digest': `sha-256=:${digestBase64(name)}:`,
    }
    await keepAt(
      {
        where,
        write(condition) {
          const conditions = condition === 'if-absent' ? { 'if-none-match': '*' } : {}
          return send(
            () => ({ url: target, method: 'PUT', headers: { ...writing, ...conditions }, body }),
            { where, maxBytes: maxAnswer, signal: call.signal },
          )
        },
        vouches: (answer) => answer.headers.get('etag') === `"${name}"`,
        read: () => reading(target, data.length, call),
      },
      name,
    )
    return { uri: publicUri(below(open, name)) }
  }

  return {
    put,
    async get(dataDigest: Hex, call: StoreGetOptions = {}) {
      const target = below(base, digestName(dataDigest))
      return getKept({ where: placeOf(target) }, dataDigest, call, (maxBytes) =>
        reading(target, maxBytes, call),
      )
    },
  }
}

function headersOf({ headers = {}, token }: HttpStoreOptions): Record<string, string> {
  const bearer = token ?? environment().ASSAY_STORE_TOKEN
  return {
    ...(bearer
      ? checkedHeaders('token (ASSAY_STORE_TOKEN)', { authorization: `Bearer ${bearer}` })
      : {}),
    ...checkedHeaders('headers', headers),
  }
}
