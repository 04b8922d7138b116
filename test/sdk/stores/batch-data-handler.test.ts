import { readdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { InvalidConfigError } from '@assay/sdk'
import {
  batchDataHandler,
  type BatchDataHandlerOptions,
  bearerToken,
  fileStore,
  httpStore,
} from '@assay/sdk/stores'
import { describe, expect, onTestFinished, test } from 'vitest'
import { batchOf, randomBatch, type TestBatch } from './support/batches.ts'
import { serve } from './support/served.ts'
import { scratch } from './support/scratch.ts'

const token = 'the-right-token-of-this-test'

async function handlerWith(options: Partial<BatchDataHandlerOptions> = {}) {
  const directory = await scratch()
  const store = fileStore({ directory })
  const errors: unknown[] = []
  const handler = batchDataHandler({
    store,
    allow: bearerToken(token),
    onError: (error) => errors.push(error),
    ...options,
  })
  const ask = (method: string, path: string, init: RequestInit = {}) =>
    handler(new Request(`http://x${path}`, { method, ...init }))
  const authorization = `Bearer ${token}`
  const put = ({ name, data }: Pick<TestBatch, 'name' | 'data'>, headers = {}) =>
    ask('PUT', `/${name}`, { body: data.slice(), headers: { authorization, ...headers } })
  return { directory, store, errors, handler, ask, put }
}

describe('reading', () => {
  test('default: gives what is kept, for ever, and to everybody', async () => {
    const { ask, store } = await handlerWith()
    const { data, digest, name } = randomBatch()
    await store.put(data, digest)
    const response = await ask('GET', `/${name}`)
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true)
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-length': String(data.length),
      'content-type': 'application/octet-stream',
      etag: `"${name}"`,
      'repr-digest': `sha-256=:${Buffer.from(name, 'hex').toString('base64')}:`,
      'x-content-type-options': 'nosniff',
    })
  })

  test('behavior: HEAD is GET without a body', async () => {
    const { ask, store } = await handlerWith()
    const { data, digest, name } = randomBatch()
    await store.put(data, digest)
    const head = await ask('HEAD', `/${name}`)
    expect([head.status, head.body]).toEqual([200, null])
    const get = await ask('GET', `/${name}`)
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
    expect((await ask('HEAD', `/${'0'.repeat(64)}`)).status).toBe(404)
  })

  test('behavior: who has it already is told so', async () => {
    const { ask, store } = await handlerWith()
    const { data, digest, name } = randomBatch()
    const tags = [`"${name}"`, `W/"${name}"`, '*', `"other", "${name}"`]
    for (const tag of tags) {
      const headers = { 'if-none-match': tag }
      expect((await ask('GET', `/${name}`, { headers })).status).toBe(404)
    }
    await store.put(data, digest)
    for (const tag of tags) {
      const headers = { 'if-none-match': tag }
      const response = await ask('GET', `/${name}`, { headers })
      expect([response.status, response.body], tag).toEqual([304, null])
    }
    const headers = { 'if-none-match': '"other"' }
    expect((await ask('GET', `/${name}`, { headers })).status).toBe(200)
  })

  test('behavior: what is not there may come, and is not remembered as missing', async () => {
    const { ask } = await handlerWith()
    const response = await ask('GET', `/${'0'.repeat(64)}`)
    expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store'])
  })

  test('behavior: damaged data is not given, but told', async () => {
    const { ask, directory, errors } = await handlerWith()
    const { data, name } = randomBatch()
    await writeFile(join(directory, name), data.fill(1, 0, 1).subarray(1))
    expect((await ask('GET', `/${name}`)).status).toBe(503)
    expect(errors).toMatchObject([{ name: 'BatchStoreError', problem: 'altered' }])
  })

  test.each([
    '/',
    '/x',
    `/${'A'.repeat(64)}`,
    `/${'a'.repeat(63)}`,
    `/${'a'.repeat(65)}`,
    `/${'a'.repeat(64)}/`,
    `/${'a'.repeat(64)}.draft`,
    `/../${'a'.repeat(64)}/..`,
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    `/${'a'.repeat(63)}%61`,
    `/x/${'a'.repeat(64)}`,
    `/${'a'.repeat(64)}%00`,
    `/${'a'.repeat(64)}%0a`,
  ])('behavior: there is nothing at %j', async (path) => {
    const { ask, put, directory } = await handlerWith()
    expect((await ask('GET', path)).status).toBe(404)
    const { data } = randomBatch()
    expect((await put({ name: path.slice(1), data })).status).toBe(404)
    expect(await readdir(directory)).toEqual([])
  })

  test('behavior: below a path of its own, nowhere else', async () => {
    const { store } = await handlerWith()
    const { data, digest, name } = randomBatch()
    await store.put(data, digest)
    const other = await handlerWith({ store, basePath: '/batches/' })
    expect((await other.ask('GET', `/batches/${name}`)).status).toBe(200)
    for (const path of [`/${name}`, `/batchesX${name}`, `/xatches/${name}`, `/a/batches/${name}`]) {
      expect((await other.ask('GET', path)).status, path).toBe(404)
    }
  })
})

describe('writing', () => {
  test('default: keeps data, and says whether it is new', async () => {
    const { put, ask, directory } = await handlerWith()
    const batch = randomBatch()
    const first = await put(batch)
    expect([first.status, first.headers.get('etag')]).toEqual([201, `"${batch.name}"`])
    expect((await put(batch)).status).toBe(200)
    const again = await put(batch, { 'if-none-match': '*' })
    expect([again.status, again.headers.get('etag')]).toEqual([412, `"${batch.name}"`])
    expect(await readdir(directory)).toEqual([batch.name])
    expect((await ask('GET', `/${batch.name}`)).status).toBe(200)
  })

  test('behavior: damaged data is replaced, whatever the condition', async () => {
    const { put, store, directory } = await handlerWith()
    const batch = randomBatch()
    await writeFile(join(directory, batch.name), 'damaged')
    expect((await put(batch, { 'if-none-match': '*' })).status).toBe(201)
    expect(await store.get(batch.digest)).toHaveLength(batch.data.length)
  })

  test.each([
    ['none', {}],
    ['another', { authorization: 'Bearer another-token-of-this-test' }],
    ['a part', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['more', { authorization: `Bearer ${token}x` }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['twice', { authorization: `Bearer ${token}, Bearer ${token}` }],
  ])('behavior: nothing is kept for who has %s for a token', async (_, headers) => {
    const { ask, directory } = await handlerWith()
    const { data, name } = randomBatch()
    const response = await ask('PUT', `/${name}`, { body: data.slice(), headers })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(await readdir(directory)).toEqual([])
  })

  test('behavior: several tokens are good, so that one can follow another', async () => {
    const allow = bearerToken('the-old-token-of-this-test', token)
    const { put, ask } = await handlerWith({ allow })
    expect((await put(randomBatch())).status).toBe(201)
    const { data, name } = randomBatch()
    const headers = { authorization: 'bearer  the-old-token-of-this-test' }
    expect((await ask('PUT', `/${name}`, { body: data.slice(), headers })).status).toBe(201)
  })

  test('behavior: without `allow` nobody writes', async () => {
    const { put, directory } = await handlerWith({ allow: undefined })
    const response = await put(randomBatch())
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(await readdir(directory)).toEqual([])
  })

  test('behavior: other methods are refused', async () => {
    const { ask } = await handlerWith()
    for (const method of ['POST', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      const response = await ask(method, `/${'0'.repeat(64)}`)
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT'])
    }
  })

  test('behavior: what is no batch data, or not under its digest, is not kept', async () => {
    const { put, directory } = await handlerWith()
    const { data, name } = randomBatch()
    const cases: [string, Pick<TestBatch, 'name' | 'data'>][] = [
      ['another digest', { name: 'a'.repeat(64), data }],
      ['a byte changed', { name, data: data.with(20, (data[20] ?? 0) ^ 1) }],
      ['a picture', batchOf(Buffer.from('\x89PNG\r\n\x1a\n'))],
      ['nothing', batchOf(new Uint8Array(0))],
      ['a byte too many', batchOf(Buffer.concat([data, Buffer.of(0)]))],
      ['another version', batchOf(data.with(0, 2))],
      ['a record that points nowhere', batchOf(data.with(73, 9))],
    ]
    for (const [what, batch] of cases) expect((await put(batch)).status, what).toBe(422)
    expect(await readdir(directory)).toEqual([])
  })

  test('behavior: too long is refused, declared or not', async () => {
    const { put, ask, directory } = await handlerWith({ maxBytes: 200 })
    expect((await put(randomBatch(3))).status).toBe(201)
    const long = randomBatch(10)
    expect((await put(long)).status).toBe(413)
    let asked = 0
    const body = new ReadableStream({
      pull(controller) {
        asked++
        controller.enqueue(new Uint8Array(50))
      },
    })
    const headers = { authorization: `Bearer ${token}` }
    const init = { body, headers, duplex: 'half' } as RequestInit
    expect((await ask('PUT', `/${long.name}`, init)).status).toBe(413)
    expect(asked).toBeLessThan(10)
    expect(await readdir(directory)).toHaveLength(1)
  })

  test('behavior: more than was declared is refused', async () => {
    const { put } = await handlerWith()
    for (const length of ['5', '0', '-1', 'x', '1e400']) {
      const { status } = await put(randomBatch(), { 'content-length': length })
      expect([413, 422, 201], length).toContain(status)
      if (/^[05]$/.test(length)) expect(status).toBe(413)
    }
  })

  test('behavior: a content coding is refused', async () => {
    const { put } = await handlerWith()
    expect((await put(randomBatch(), { 'content-encoding': 'gzip' })).status).toBe(415)
  })

  test('behavior: all that is on its way in takes so much room and no more', async () => {
    const { put, ask } = await handlerWith({ maxBytes: 1_000, maxWaitingBytes: 2_500 })
    const headers = { authorization: `Bearer ${token}` }
    const endings: (() => void)[] = []
    const slow = () => {
      const body = new ReadableStream({ start: (it) => void endings.push(() => it.close()) })
      return ask('PUT', `/${'0'.repeat(64)}`, { body, headers, duplex: 'half' } as RequestInit)
    }
    const waiting = [slow(), slow()]
    const third = await slow()
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
    for (const end of endings) end()
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(422)
    expect((await put(randomBatch())).status).toBe(201)
  })

  test('behavior: what does not come in time, or breaks off, is not kept', async () => {
    const { ask, directory } = await handlerWith({ timeoutMillis: 50 })
    const headers = { authorization: `Bearer ${token}` }
    const ask2 = (body: ReadableStream) =>
      ask('PUT', `/${'0'.repeat(64)}`, { body, headers, duplex: 'half' } as RequestInit)
    expect((await ask2(new ReadableStream())).status).toBe(408)
    const broken = new ReadableStream({ start: (it) => it.error(new Error('gone')) })
    expect((await ask2(broken)).status).toBe(400)
    expect(await readdir(directory)).toEqual([])
  })

  test('behavior: a store that fails is told, and nothing of it shown', async () => {
    const failing = {
      get: () => Promise.reject(new Error('secret place')),
      put: () => Promise.reject(new Error('secret place')),
    }
    const { put, ask, errors } = await handlerWith({ store: failing })
    for (const response of [await put(randomBatch()), await ask('GET', `/${'0'.repeat(64)}`)]) {
      expect(response.status).toBe(503)
      expect(await response.text()).not.toContain('secret')
    }
    expect(errors).toHaveLength(3)
  })

  test('error: InvalidConfigError, a token that can be guessed, or none', () => {
    for (const tokens of [[], [''], ['short'], ['with a space in it'], [token, 'short']]) {
      expect(() => bearerToken(...tokens)).toThrow(InvalidConfigError)
    }
  })
})

describe('behind a real server', () => {
  async function served(options: Partial<BatchDataHandlerOptions> = {}) {
    const { handler, directory } = await handlerWith(options)
    const server = await serve(handler)
    onTestFinished(() => server.stop())
    return { ...server, directory }
  }

  test('default: a store writes and reads; without its token it is refused, and told so', async () => {
    const { url } = await served()
    const { data, digest } = randomBatch(20_000)
    await httpStore(url, { token }).put(data, digest)
    expect(await httpStore(url).get(digest)).toHaveLength(data.length)
    const other = randomBatch(20_000)
    await expect(httpStore(url).put(other.data, other.digest)).rejects.toMatchObject({
      problem: 'refused',
      status: 401,
    })
  })

  test('behavior: a connection cut within the body leaves nothing', async () => {
    const { port, directory, url } = await served()
    const { data, digest, name } = randomBatch(1_000)
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `PUT /${name} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n` +
        `content-length: ${data.length}\r\n\r\n`,
    )
    socket.write(data.subarray(0, 500))
    await new Promise((done) => setTimeout(done, 100))
    socket.destroy()
    await new Promise((done) => setTimeout(done, 100))
    expect(await readdir(directory)).toEqual([])
    await httpStore(url, { token }).put(data, digest)
    expect(await readdir(directory)).toEqual([name])
  })

  test('behavior: paths reach it as they were sent, and none leads out', async () => {
    const { port, directory } = await served()
    for (const path of ['/../../etc/passwd', '//etc/passwd', `/${'a'.repeat(64)}/../x`]) {
      const socket = connect(port, '127.0.0.1')
      const pieces: Buffer[] = []
      socket.on('data', (piece: Buffer) => pieces.push(piece))
      socket.end(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
      await new Promise((done) => socket.on('close', done))
      expect(Buffer.concat(pieces).toString()).toMatch(/^HTTP\/1\.1 404/)
    }
    expect(await readdir(directory)).toEqual([])
  })
})
