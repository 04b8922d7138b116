import type { Hex } from 'viem'
import { environment } from '../config/environment.ts'
import { InvalidConfigError } from '../errors/config.ts'
import type { ReadableBatchStore, StoreCallOptions, StoreGetOptions } from './batch-store.ts'
import { digestBase64, digestName, nameOfData } from './digest-name.ts'
import { keepAt } from './kept.ts'
import { baseUrlOf, below, placeOf, publicUri } from './place.ts'
import { getKept } from './read-kept.ts'
import {
  type Authorize,
  type Presign,
  type S3CredentialsSource,
  signBy,
  signWith,
} from './s3-credentials.ts'
import { createSender, type StoreAnswer, type StoreRequestOptions } from './sender.ts'

export type S3StoreOptions = StoreRequestOptions & {
  /** Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or Amazon's of the region. */
  endpoint?: string | undefined
  /** Named in the path. Leave it out if the endpoint's host names the bucket. */
  bucket?: string | undefined
  /** Default: AWS_REGION, AWS_DEFAULT_REGION, or `us-east-1`. */
  region?: string | undefined
  /** What keys begin with, such as `assay/batches`. Default: nothing. */
  prefix?: string | undefined
  /** Default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read for each request. */
  credentials?: S3CredentialsSource | undefined
  /** Has requests signed elsewhere, in place of credentials. Asked for each request, reading back included. Default: none. */
  presign?: Presign | undefined
  /** Where others find the data: `<publicUrl>/<digest>`. Default: the object's own URL. */
  publicUrl?: string | undefined
}

const maxAnswer = 2 ** 16

/**
 * A store in a bucket of S3, or of a service that is compatible with it. Objects are `<prefix>/<digest>`, sent with `If-None-Match` and
 * their SHA-256, by header (`x-amz-checksum-sha256`) and in the signature. A service that answers with the checksum is believed; of
 * another one the object is read back.
 *
 * @throws InvalidConfigError
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function s3Store(options: S3StoreOptions): ReadableBatchStore {
  const { folder, region } = folderOf(options)
  const keyOf = (name: string) => [...prefixOf(options), name].join('/')
  const open = options.publicUrl ? baseUrlOf('publicUrl', options.publicUrl) : undefined
  if (options.presign && options.credentials) {
    throw new InvalidConfigError('presign', 'stands in place of `credentials`')
  }
  const authorize: Authorize = options.presign
    ? signBy(options.presign)
    : signWith(options.credentials, region)
  const send = createSender(options)
  const urlOf = (name: string) => below(folder, ...prefixOf(options), name)

  function reading(name: string, maxBytes: number, { signal }: StoreCallOptions) {
    const request = { url: urlOf(name), key: keyOf(name), method: 'GET', digest: name } as const
    return send(() => authorize({ ...request, headers: {} }), {
      ...{ where: placeOf(request.url), maxBytes, signal },
    })
  }

  async function put(data: Uint8Array, dataDigest: Hex, call: StoreCallOptions = {}) {
    const name = nameOfData(data, dataDigest)
    const checksum = digestBase64(name)
    const request = { url: urlOf(name), key: keyOf(name), method: 'PUT', digest: name } as const
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-amz-checksum-sha256': checksum,
    }
    const where = placeOf(request.url)
    // A copy: the caller's own could change between two tries.
    const body = new Uint8Array(data)
    await keepAt(
      {
        where,
        write(condition) {
          const conditions = condition === 'if-absent' ? { 'if-none-match': '*' } : {}
          return send(
            () => authorize({ ...request, headers: { ...headers, ...conditions }, body }),
            {
              ...{ where, maxBytes: maxAnswer, signal: call.signal },
            },
          )
        },
        vouches: (answer) => answer.headers.get('x-amz-checksum-sha256') === checksum,
        read: () => reading(name, data.length, call),
        reasonOf,
      },
      name,
    )
    return { uri: publicUri(open ? below(open, name) : request.url) }
  }

  return {
    put,
    async get(dataDigest: Hex, call: StoreGetOptions = {}) {
      const name = digestName(dataDigest)
      const where = placeOf(urlOf(name))
      return getKept({ where, reasonOf }, dataDigest, call, (maxBytes) =>
        reading(name, maxBytes, call),
      )
    },
  }
}

function folderOf(options: S3StoreOptions): { folder: URL; region: string } {
  const variables = environment()
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = variables
  const region = options.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1'
  const amazon = `https://s3.${region}.amazonaws.com`
  const endpoint = options.endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? amazon
  const base = baseUrlOf('endpoint (AWS_ENDPOINT_URL_S3)', endpoint)
  const { bucket } = options
  if (bucket !== undefined && !/^[a-z0-9][a-z0-9._-]{1,62}$/i.test(bucket)) {
    throw new InvalidConfigError('bucket', 'is no name of a bucket')
  }
  if (bucket === undefined && endpoint === amazon) {
    throw new InvalidConfigError('bucket', 'is missing')
  }
  return { folder: bucket === undefined ? base : below(base, bucket), region }
}

/** Only what stands in a URL as it is, so that nothing is signed in one form and sent in another. */
function prefixOf({ prefix = '' }: S3StoreOptions): string[] {
  const parts = prefix.split('/').filter((part) => part !== '')
  if (parts.some((part) => !/^[A-Za-z0-9_.-]{1,200}$/.test(part) || /^\.+$/.test(part))) {
    throw new InvalidConfigError('prefix', 'may hold letters, digits, `_`, `.`, `-` and `/` alone')
  }
  return parts
}

/** The code of an error; its message may repeat what was signed. */
function reasonOf({ body }: StoreAnswer): string | undefined {
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(new TextDecoder().decode(body))?.[1]
}
