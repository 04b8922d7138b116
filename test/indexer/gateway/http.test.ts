import { Ajv2020 } from 'ajv/dist/2020.js'
import type { IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRequestLog } from '../../../indexer/gateway/log.ts'
import { encodingOf } from '../../../indexer/gateway/send.ts'
import { getOpenApi } from './support/answers.ts'
import { askFrom } from './support/ask-from.ts'
import { bodyOf, bytesOf, startUpstream } from './support/fake-upstream.ts'
import { startGateway } from './support/start-gateway.ts'

const long = JSON.stringify({ data: { text: 'word '.repeat(1_000) } })
const put: string[] = []
const refusedPath = `/batches/${'cd'.repeat(32)}`
const refused: IncomingMessage[] = []
const token = 'Bearer x'
let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: Awaited<ReturnType<typeof startGateway>>
beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('x-of-the-inside', 'secret')
    response.setHeader('content-type', 'application/json')
    if (request.url === refusedPath) {
      refused.push(request)
      response.writeHead(401).end('{"error":"no token"}')
    } else if (request.method === 'PUT') {
      void bodyOf(request).then((body) => {
        put.push(`${request.headers.authorization} ${body}`)
        response.writeHead(201).end()
      })
    } else if (request.url === '/inferences?fail') response.writeHead(500).end('{"error":"x"}')
    else response.end(long)
  })
  gateway = await startGateway([{ url: upstream.url, role: 'writer' }], {
    settings: {
      corsOrigins: ['https://a.example'],
      metricsToken: '0123456789abcdef',
      accessLog: 'all',
    },
    mayPut: (request) => request.headers.get('authorization') === token,
  })
})
afterAll(async () => {
  await gateway.stop()
  await upstream.kill()
})

test('behavior: pages of the origins that are set may ask, whatever the upstream says', async () => {
  const allowed = async (
    origin: string,
    init: { method?: string; headers?: Record<string, string> } = {},
  ) => {
    const answer = await gateway.get('/inferences', {
      ...init,
      headers: { ...init.headers, origin },
    })
    return answer.headers.get('access-control-allow-origin')
  }
  expect(await allowed('https://a.example')).toBe('https://a.example')
  expect(await allowed('https://b.example')).toBe(null)
  const asked = { 'access-control-request-method': 'POST' }
  expect(await allowed('https://a.example', { method: 'OPTIONS', headers: asked })).toBe(
    'https://a.example',
  )
  for (const [corsOrigins, said] of [
    ['*', '*'],
    [[], null],
  ] as const) {
    const other = await startGateway([], { settings: { corsOrigins } })
    const { headers } = await other.get('/health', { headers: { origin: 'https://b.example' } })
    expect(headers.get('access-control-allow-origin')).toBe(said)
    await other.stop()
  }
})

test('behavior: of the headers of an upstream none but the type comes through', async () => {
  const { headers } = await gateway.get('/inferences')
  expect(headers.get('x-of-the-inside')).toBe(null)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

describe('compression', () => {
  test('default: what is long, as its reader takes it', async () => {
    const ask = (accepted: string) =>
      askFrom('127.0.0.1', `${gateway.url}/inferences`, {
        headers: { 'accept-encoding': accepted },
      })
    expect((await ask('gzip, br')).headers).toMatchObject({
      'content-encoding': 'br',
      vary: expect.stringContaining('Accept-Encoding'),
    })
    expect((await ask('gzip')).headers['content-encoding']).toBe('gzip')
    expect((await ask('identity')).headers['content-encoding']).toBe(undefined)
    for (const accepted of ['br', 'gzip']) {
      const bytes = await raw(accepted)
      expect(bytes.length).toBeLessThan(1_000)
      expect((accepted === 'br' ? brotliDecompressSync : gunzipSync)(bytes).toString()).toBe(long)
    }
    const short = await fetch(`${gateway.url}/health`, { headers: { 'accept-encoding': 'gzip' } })
    expect(short.headers.get('content-encoding')).toBe(null)
  })

  async function raw(accepted: string): Promise<Buffer> {
    const { request } = await import('node:http')
    return new Promise((resolve) => {
      request(
        `${gateway.url}/inferences`,
        { headers: { 'accept-encoding': accepted } },
        (response) => resolve(bytesOf(response)),
      ).end()
    })
  }

  test.each([
    ['', undefined],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['deflate', undefined],
    ['br;q=x', undefined],
  ])('behavior: %s', (accepted, encoding) => {
    expect(encodingOf(accepted)).toBe(encoding)
  })
})

describe('what there is', () => {
  test('error: not-found, for all else, and nothing of it reaches an upstream', async () => {
    const before = upstream.seen.length
    for (const path of [
      ...[
        '/sql',
        '/sql/db',
        '/assay/ready',
        '/assay/metrics',
        '/graphql/x',
        '/batches/x',
        '/favicon.ico',
      ],
      ...['//graphql', '/inferences/../metrics/x', '/batches/%2e%2e%2fmetrics'],
    ]) {
      const { status, body } = await askFrom('127.0.0.1', gateway.url + path)
      expect([path, status]).toEqual([path, 404])
      expect(JSON.parse(body)).toMatchObject({ code: 'not-found' })
    }
    for (const path of [
      '/inferences/x',
      '/inferences/%2e%2e%2fmetrics',
      '/inferences/0x12/proof',
    ]) {
      expect([path, (await gateway.get(path)).status]).toEqual([path, 400])
    }
    expect(upstream.seen.length).toBe(before)
  })

  test('error: method-not-allowed', async () => {
    for (const [method, path] of [
      ['DELETE', '/inferences'],
      ['PUT', '/graphql'],
      ['POST', '/metrics'],
      ['PATCH', '/batches/0x12'],
      ['POST', '/openapi.json'],
    ] as const) {
      const answer = await gateway.get(path, { method })
      expect([path, answer.status, await answer.json()]).toMatchObject([
        path,
        405,
        { code: 'method-not-allowed' },
      ])
    }
  })

  test('default: batch data is passed on, either way', async () => {
    const path = `/batches/${'ab'.repeat(32)}`
    const answer = await gateway.get(path, {
      method: 'PUT',
      body: Buffer.from('bytes'),
      headers: { authorization: token },
    })
    expect([answer.status, put]).toEqual([201, ['Bearer x bytes']])
    expect(await (await gateway.get(path)).text()).toBe(long)
  })

  test('error: no-token, method-not-allowed where nobody may put anything; nothing of it is passed on', async () => {
    const before = upstream.seen.length
    const path = `/batches/${'ef'.repeat(32)}`
    const body = Buffer.alloc(2 ** 20)
    for (const authorization of ['', 'Bearer y', 'x']) {
      const answer = await gateway.get(path, { method: 'PUT', body, headers: { authorization } })
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'no-token' }])
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
    const open = await startGateway([{ url: upstream.url, role: 'writer' }])
    const headers = { authorization: token }
    const answer = await open.get(path, { method: 'PUT', body, headers })
    expect([answer.status, await answer.json()]).toMatchObject([
      405,
      { code: 'method-not-allowed' },
    ])
    expect(answer.headers.get('allow')).toBe('GET, HEAD')
    await open.stop()
    expect(upstream.seen.length).toBe(before)
  })

  test('behavior: what is refused while it is put is not passed on to its end', async () => {
    const body = Buffer.alloc(32 * 2 ** 20)
    const answer = await gateway.get(refusedPath, {
      ...{ method: 'PUT', body, headers: { authorization: token } },
    })
    expect([answer.status, await answer.json()]).toEqual([401, { error: 'no token' }])
    await expect.poll(() => refused.map(({ socket }) => socket.destroyed)).toEqual([true])
    expect(refused[0]!.socket.bytesRead).toBeLessThan(body.length / 2)
  })

  test('default: a description by OpenAPI, of each path that is served', async () => {
    const document = await getOpenApi(gateway.get)
    const served = await Promise.all(
      Object.keys(document.paths).map(async (path) => {
        const filled = path
          .replace('{id}', `0x${'1'.repeat(64)}`)
          .replace('{digest}', 'ab'.repeat(32))
        return [path, (await gateway.get(filled)).status]
      }),
    )
    for (const [path, status] of served) expect([path, status]).not.toEqual([path, 404])
    const ajv = new Ajv2020({ strict: false })
    for (const schema of Object.values(document.components.schemas)) {
      ajv.compile({ ...schema, components: document.components })
    }
  })
})

describe('who may read figures', () => {
  const ask = (headers: Record<string, string>) =>
    gateway.get('/metrics', { headers }).then(({ status }) => status)

  test('default: this machine, or who has the token', async () => {
    expect(await ask({})).toBe(200)
    expect(await ask({ 'x-forwarded-for': '203.0.113.9' })).toBe(403)
    const from = { 'x-forwarded-for': '203.0.113.9' }
    expect(await ask({ ...from, authorization: 'Bearer 0123456789abcdef' })).toBe(200)
    expect(await ask({ ...from, authorization: 'Bearer 0123456789abcdeg' })).toBe(403)
  })

  test('default: how much was asked, and what became of it', async () => {
    await gateway.get('/nowhere')
    const text = await (await gateway.get('/metrics')).text()
    expect(text).toMatch(/^assay_gateway_requests_total\{route="other",status="404"\} \d+$/m)
    expect(text).toMatch(/^assay_gateway_refused_total\{reason="not-found"\} \d+$/m)
    expect(text).toMatch(/^assay_gateway_upstreams\{role="writer",state="up"\} 1$/m)
  })
})

describe('the log', () => {
  test('default: a line for each request, under its id, and nothing of what was asked', async () => {
    const answer = await gateway.get('/inferences?owner=0xsecret', {
      headers: { 'x-request-id': 'abc-1' },
    })
    expect(answer.headers.get('x-request-id')).toBe('abc-1')
    await gateway.graphql('{ secret }')
    await gateway.get('/inferences?fail')
    const odd = await gateway.get('/health', { headers: { 'x-request-id': 'a b"' } })
    expect(odd.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(gateway.log.find(({ id }) => id === 'abc-1')).toEqual({
      ...{ level: 30, time: expect.any(Number), msg: 'Answered a request', id: 'abc-1' },
      ...{ client: '127.0.0.1', method: 'GET', route: '/inferences', status: 200 },
      millis: expect.any(Number),
    })
    expect(gateway.log.find(({ status }) => status === 500)).toMatchObject({
      level: 50,
      msg: 'Failed a request',
    })
    expect(JSON.stringify(gateway.log)).not.toContain('secret')
  })

  test('behavior: what is worth a line, and no more than so many', () => {
    let time = 0
    const lines: string[] = []
    const request = { id: 'a', client: 'b', method: 'GET', route: '/', status: 429, millis: 1 }
    const log = createRequestLog(
      'errors',
      (line) => lines.push(line),
      () => time,
    )
    log({ ...request, status: 200 })
    expect(lines).toEqual([])
    log({ ...request, status: 200, millis: 1_001 })
    for (let i = 0; i < 1_000; i++) log(request)
    expect(lines).toHaveLength(50)
    time = 1_000
    log(request)
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ msg: 'Refused a request', notLogged: 951 })
    const none: string[] = []
    createRequestLog('none', (line) => none.push(line))({ ...request, status: 500 })
    expect(none).toEqual([])
  })
})

test('default: GraphQL over HTTP says by its status what is wrong with what', async () => {
  const status = async (query: string, accept?: string) =>
    (await gateway.graphql(query, accept ? { headers: { accept } } : {})).status
  const modern = 'application/graphql-response+json'
  expect([await status('{ nothing }'), await status('{ nothing }', modern)]).toEqual([200, 400])
  const many = '{ models(limit: 1000) { items { inferences { items { root } } } } }'
  expect([await status(many), await status(many, modern)]).toEqual([400, 400])
  const answer = await gateway.graphql('{ _meta { status } }', { headers: { accept: modern } })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    `${modern}; charset=utf-8`,
  ])
  expect((await gateway.get('/graphql?query={_meta{status}}')).status).toBe(200)
  expect((await gateway.get('/graphql')).status).toBe(400)
  expect((await gateway.get('/graphql', { method: 'POST', body: '{}' })).status).toBe(415)
})
