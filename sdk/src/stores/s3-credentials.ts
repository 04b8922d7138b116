import { AwsV4Signer } from 'aws4fetch'
import { environment } from '../config/environment.ts'
import { BatchStoreError } from '../errors/store.ts'
import { placeOf } from './place.ts'
import type { StoreRequest } from './sender.ts'

/** Keys of an account at an S3-compatible service. */
export type S3Credentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

/** Gives the credentials in force; asked before each request, since they may change. */
export type S3CredentialsSource = S3Credentials | (() => S3Credentials | Promise<S3Credentials>)

/** A request to be signed by somebody else. */
export type PresignRequest = {
  method: 'GET' | 'PUT'
  /** Key of the object: prefix and digest. */
  key: string
  /** Headers that would be good to send. S3 takes no `x-amz-` header that is not signed with the rest. */
  headers: Record<string, string>
}

/** A URL that carries its own signature, and the headers that have to be sent with it. */
export type PresignedRequest = { url: string; headers?: Record<string, string> | undefined }

/** Has a request signed elsewhere, such as by a server of yours that alone holds the credentials. */
export type Presign = (request: PresignRequest) => PresignedRequest | Promise<PresignedRequest>

/** Makes a request ready to be sent. */
export type Authorize = (
  request: Omit<StoreRequest, 'url' | 'method'> & PresignRequest & { url: URL; digest: string },
) => Promise<StoreRequest>

/** SHA-256 of nothing: what a GET carries. */
const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Signs by Signature Version 4, the digest of the body included, so that a server that checks it takes no other body. */
export function signWith(source: S3CredentialsSource | undefined, region: string): Authorize {
  return async ({ url, method, headers, body, digest }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentialsOf(source, url)
    const signer = new AwsV4Signer({
      ...{ url: url.href, method, accessKeyId, secretAccessKey, region, service: 's3' },
      ...(sessionToken ? { sessionToken } : {}),
      headers: { ...headers, 'x-amz-content-sha256': body ? digest : emptyDigest },
    })
    const signed = await signer.sign()
    return { url, method, headers: Object.fromEntries(signed.headers), body }
  }
}

/** Lets somebody else sign. */
export function signBy(presign: Presign): Authorize {
  return async ({ url, method, key, headers, body }) => {
    const signed = await presign({ method, key, headers })
    if (!URL.canParse(signed.url)) {
      throw new BatchStoreError('refused', placeOf(url), 'was given no URL by `presign`')
    }
    return { url: new URL(signed.url), method, headers: signed.headers, body }
  }
}

async function credentialsOf(
  source: S3CredentialsSource | undefined,
  url: URL,
): Promise<S3Credentials> {
  if (source) return typeof source === 'function' ? source() : source
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment()
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new BatchStoreError('refused', placeOf(url), 'has no credentials', {
      metaMessages: ['Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass `credentials`.'],
    })
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  }
}
