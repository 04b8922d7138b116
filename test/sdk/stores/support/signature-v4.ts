import { createHash, createHmac } from 'node:crypto'

/** What of a request is signed. */
export type SignedRequest = {
  method: string
  /** Path and query, as they were sent. */
  target: string
  /** In lower case. */
  headers: Record<string, string>
  body: Uint8Array
}

const hash = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/**
 * What is wrong with the signature of a request to S3, by the documentation of Signature Version 4 and nothing of a client's code;
 * undefined if it is right. Stricter than S3: each header that says something of the object has to be signed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function faultOf(
  { method, target, headers, body }: SignedRequest,
  secrets: Record<string, string>,
  now = Date.now(),
): string | undefined {
  const url = new URL(target, 'http://x')
  const query = url.searchParams
  const presigned = query.has('X-Amz-Signature')
  const given = presigned ? inQuery(query) : inHeader(headers)
  if (!given) return 'AccessDenied'
  const { credential, signed, signature, time } = given
  const [keyId = '', date = '', region = '', service = '', end = ''] = credential.split('/')
  const secret = secrets[keyId]
  if (secret === undefined) return 'InvalidAccessKeyId'
  if (service !== 's3' || end !== 'aws4_request' || !time.startsWith(date)) return 'AccessDenied'
  const age = now - Date.parse(time.replace(/^(.{4})(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  const life = presigned ? Number(query.get('X-Amz-Expires')) * 1000 : 900_000
  if (!(Math.abs(age) <= life)) return 'RequestTimeTooSkewed'
  const unsigned = Object.keys(headers).find(
    (name) => (name.startsWith('x-amz-') || name === 'host') && !signed.includes(name),
  )
  if (unsigned !== undefined) return 'AccessDenied'
  const payload = presigned ? 'UNSIGNED-PAYLOAD' : (headers['x-amz-content-sha256'] ?? '')
  if (!presigned && payload !== hash(body)) return 'XAmzContentSHA256Mismatch'
  query.delete('X-Amz-Signature')
  const canonical = [
    method,
    url.pathname,
    [...query]
      .map((pair) => pair.map(encoded).join('='))
      .sort()
      .join('&'),
    ...signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signed.join(';'),
    payload,
  ].join('\n')
  const scope = [date, region, service, end].join('/')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')
  const key = [date, region, service, end].reduce<Buffer>(mac, Buffer.from(`AWS4${secret}`))
  return mac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch'
}

type Given = { credential: string; signed: string[]; signature: string; time: string }

function inHeader(headers: Record<string, string>): Given | undefined {
  const form = /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/
  const [, credential, signed, signature] = form.exec(headers.authorization ?? '') ?? []
  if (!credential || !signed || !signature) return undefined
  return { credential, signed: signed.split(';'), signature, time: headers['x-amz-date'] ?? '' }
}

function inQuery(query: URLSearchParams): Given {
  const of = (name: string) => query.get(`X-Amz-${name}`) ?? ''
  return {
    credential: of('Credential'),
    signed: of('SignedHeaders').split(';'),
    signature: of('Signature'),
    time: of('Date'),
  }
}

const encoded = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
