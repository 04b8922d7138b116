import { inspect } from 'node:util'
import { InvalidConfigError } from '@assay/sdk'
import { type PresignRequest, s3Store, type S3StoreOptions } from '@assay/sdk/stores'
import { AwsV4Signer } from 'aws4fetch'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { randomBatch } from './support/batches.ts'
import { faultOf } from './support/signature-v4.ts'
import { type StrictS3, startStrictS3 } from './support/strict-s3.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the/secret+key' }
let s3: StrictS3
beforeEach(async () => {
  s3 = await startStrictS3({ AKIDEXAMPLE: 'the/secret+key', OTHER: 'another' })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await s3.stop()
})

const hasty = { retryDelayMillis: 1 }
const store = (options: S3StoreOptions = {}) =>
  s3Store({ ...hasty, endpoint: s3.url, bucket: 'bbb', region: 'eu-1', credentials, ...options })
const methods = () => s3.seen.map(({ method, status }) => `${method} ${status}`)

test('default: one request, signed with the digest of its body, sent with a checksum', async () => {
  const { data, digest, name } = randomBatch()
  const { uri } = await store({ prefix: '/assay/batches/' }).put(data, digest)
  expect(uri).toBe(`${s3.url}/bbb/assay/batches/${name}`)
  expect(methods()).toEqual(['PUT 200'])
  const { headers, path } = s3.seen[0]!
  expect(path).toBe(`/bbb/assay/batches/${name}`)
  expect(headers).toMatchObject({
    'if-none-match': '*',
    'x-amz-content-sha256': name,
    'x-amz-checksum-sha256': Buffer.from(name, 'hex').toString('base64'),
    'content-type': 'application/octet-stream',
    'cache-control': 'public, max-age=31536000, immutable',
  })
  expect(headers.authorization).toMatch(/\/eu-1\/s3\/aws4_request/)
})

test('behavior: what is there is compared, not written again', async () => {
  const { data, digest } = randomBatch()
  await store().put(data, digest)
  await store().put(data, digest)
  expect(methods()).toEqual(['PUT 200', 'PUT 412', 'GET 200'])
})

test('behavior: what is there and wrong is replaced', async () => {
  const { data, digest, name } = randomBatch()
  s3.objects.set(`/bbb/${name}`, Buffer.from(data.subarray(1)))
  await store().put(data, digest)
  expect(methods()).toEqual(['PUT 412', 'GET 200', 'PUT 200'])
  expect(s3.objects.get(`/bbb/${name}`)?.equals(data)).toBe(true)
})

test('behavior: of a service that says no checksum, the object is read back', async () => {
  s3.saysChecksum = false
  const { data, digest } = randomBatch()
  await store().put(data, digest)
  expect(methods()).toEqual(['PUT 200', 'GET 200'])
})

test('behavior: an account that may only write can, where the service says the checksum', async () => {
  s3.forbidden.add('GET')
  const { data, digest } = randomBatch()
  await store().put(data, digest)
  await store().put(data, digest)
  expect(methods()).toEqual(['PUT 200', 'PUT 412', 'GET 403', 'PUT 200'])
})

test('error: BatchStoreError, an account that may only write, and no checksum', async () => {
  s3.forbidden.add('GET')
  s3.saysChecksum = false
  const { data, digest } = randomBatch()
  await expect(store().put(data, digest)).rejects.toMatchObject({ problem: 'refused', status: 403 })
})

test('behavior: the host may name the bucket', async () => {
  const { data, digest, name } = randomBatch()
  const { uri } = await s3Store({ endpoint: s3.url, credentials }).put(data, digest)
  expect(uri).toBe(`${s3.url}/${name}`)
})

test('behavior: readers are sent where the data is public', async () => {
  const { data, digest, name } = randomBatch()
  const publicUrl = 'https://cdn.example/assay'
  const { uri } = await store({ prefix: 'p', publicUrl }).put(data, digest)
  expect(uri).toBe(`https://cdn.example/assay/${name}`)
})

describe('credentials', () => {
  test('default: from the variables that all tools of S3 read, at each request', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.url)
    vi.stubEnv('AWS_REGION', 'ap-9')
    const kept = s3Store({ bucket: 'bbb' })
    for (const [id, secret] of [
      ['AKIDEXAMPLE', 'the/secret+key'],
      ['OTHER', 'another'],
    ] as const) {
      vi.stubEnv('AWS_ACCESS_KEY_ID', id)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret)
      vi.stubEnv('AWS_SESSION_TOKEN', `session-of-${id}`)
      const { data, digest } = randomBatch()
      await kept.put(data, digest)
      const { headers } = s3.seen.at(-1)!
      expect(headers.authorization).toMatch(new RegExp(`Credential=${id}/\\d{8}/ap-9/s3`))
      expect(headers['x-amz-security-token']).toBe(`session-of-${id}`)
    }
  })

  test('behavior: from a function, at each request', async () => {
    let asked = 0
    s3.saysChecksum = false
    const { data, digest } = randomBatch()
    await store({ credentials: () => (asked++, credentials) }).put(data, digest)
    expect(asked).toBe(2)
  })

  test('behavior: a function that fails is asked again, and what it said not repeated', async () => {
    let asked = 0
    const { data, digest } = randomBatch()
    const failing = async () => {
      if (asked++ === 0) throw new Error('token=very-secret')
      return Promise.resolve(credentials)
    }
    await store({ credentials: failing }).put(data, digest)
    const always = store({
      retryCount: 0,
      credentials: () => Promise.reject(new Error('token=very-secret')),
    })
    const error: unknown = await always.put(data, digest).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'BatchStoreError', problem: 'unavailable' })
    expect(inspect(error)).not.toContain('very-secret')
  })

  test('error: BatchStoreError, none', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '')
    const { data, digest } = randomBatch()
    const put = s3Store({ endpoint: s3.url, bucket: 'bbb' }).put(data, digest)
    await expect(put).rejects.toMatchObject({ problem: 'refused' })
    await expect(put).rejects.toThrow(/AWS_ACCESS_KEY_ID/)
    expect(s3.seen).toEqual([])
  })

  test('error: BatchStoreError, wrong ones, with the code of S3 and nothing of what was signed', async () => {
    const { data, digest } = randomBatch()
    const wrong = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-wrong-secret' }
    const error: unknown = await store({ credentials: wrong })
      .put(data, digest)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ problem: 'refused', status: 403 })
    expect((error as Error).message).toContain('SignatureDoesNotMatch')
    expect(inspect(error)).not.toMatch(/a-wrong-secret|AKIDEXAMPLE/)
    expect(s3.seen).toHaveLength(1)
  })
})

describe('presigned', () => {
  const asked: PresignRequest[] = []
  /** As a server of the builder's would, which alone has the credentials. */
  async function presign(request: PresignRequest) {
    asked.push(request)
    const url = new URL(`${s3.url}/bbb/${request.key}`)
    url.searchParams.set('X-Amz-Expires', '60')
    const signer = new AwsV4Signer({
      ...{ ...credentials, url: url.href, method: request.method, headers: request.headers },
      ...{ service: 's3', region: 'eu-1', signQuery: true, allHeaders: true },
    })
    return { url: (await signer.sign()).url.href, headers: request.headers }
  }
  const unsigned = { credentials: undefined, presign }

  test('default: another one signs, headers included; the URI holds no signature', async () => {
    asked.length = 0
    s3.saysChecksum = false
    const { data, digest, name } = randomBatch()
    const { uri } = await store({ prefix: 'p', ...unsigned }).put(data, digest)
    expect(uri).toBe(`${s3.url}/bbb/p/${name}`)
    expect(asked.map(({ method, key }) => [method, key])).toEqual([
      ['PUT', `p/${name}`],
      ['GET', `p/${name}`],
    ])
    expect(methods()).toEqual(['PUT 200', 'GET 200'])
  })

  test('error: BatchStoreError, without the query of what was signed', async () => {
    s3.forbidden.add('PUT')
    const { data, digest } = randomBatch()
    const error: unknown = await store(unsigned)
      .put(data, digest)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ problem: 'refused', status: 403 })
    expect(inspect(error)).not.toMatch(/X-Amz|Signature|AKIDEXAMPLE/)
  })

  test('error: BatchStoreError, no URL, or one where nobody is: its query stays unsaid', async () => {
    const { data, digest } = randomBatch()
    for (const url of [
      'sig=secret',
      'http://127.0.0.1:9/bbb?sig=secret',
      'nothing://x?sig=secret',
    ]) {
      const signing = { credentials: undefined, presign: () => ({ url }), retryCount: 0 }
      const error: unknown = await store(signing)
        .put(data, digest)
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'BatchStoreError' })
      expect(inspect(error, { depth: 9 })).not.toContain('secret')
    }
  })
})

test('error: InvalidConfigError', () => {
  for (const options of [
    { bucket: undefined, endpoint: undefined },
    { bucket: 'a/b' },
    { bucket: '..' },
    { prefix: 'a/../b' },
    { prefix: 'a b' },
    { prefix: 'a?b' },
    { endpoint: 'https://key:secret@s3.example' },
    { endpoint: 'not a url: secret' },
    { presign: () => ({ url: '' }) },
    { publicUrl: 'nowhere' },
  ]) {
    const make = () => store(options)
    expect(make, JSON.stringify(options)).toThrow(InvalidConfigError)
    expect(make).not.toThrow(/secret/)
  }
})

test('behavior: the server of these tests takes the example of the documentation, and no other', () => {
  // "Example: GET Object" of sig-v4-header-based-auth.
  const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'
  const example = (last = signature) => ({
    method: 'GET',
    target: '/test.txt',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date': '20130524T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=${last}`,
    },
    body: Buffer.alloc(0),
  })
  const secrets = { AKIAIOSFODNN7EXAMPLE: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
  const then = Date.UTC(2013, 4, 24)
  expect(faultOf(example(), secrets, then)).toBeUndefined()
  expect(faultOf(example(signature.replace(/^f/, 'e')), secrets, then)).toBe(
    'SignatureDoesNotMatch',
  )
  expect(faultOf({ ...example(), target: '/test.tx' }, secrets, then)).toBe('SignatureDoesNotMatch')
  expect(faultOf({ ...example(), body: Buffer.from('x') }, secrets, then)).toBe(
    'XAmzContentSHA256Mismatch',
  )
  expect(faultOf(example(), secrets, then + 1_000_000)).toBe('RequestTimeTooSkewed')
})
