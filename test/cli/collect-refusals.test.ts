/** What the collector refuses. */
import { verifyReceipt } from '@assay/sdk'
import { bytesToHex, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { at, exchange, receiptOf, sha256, start, useSession } from './support/collecting.ts'

useSession()

describe('refusals', () => {
  const much = 'x'.repeat(5_000)
  const extensions = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, { text: 'y' }]))
  const hostile: Record<string, unknown> = {
    ...Object.fromEntries(
      ['', 'null', '[]', '{}', '"', 'true', '1e999', '\u0000', '{"__proto__":{}}'].map((text) => [
        `the text ${JSON.stringify(text)}`,
        text,
      ]),
    ),
    'deep lists': '['.repeat(100_000),
    'deep objects': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
    'a member named twice':
      '{"request":{"text":"a"},"request":{"text":"b"},"response":{"text":"c"}}',
    'a member within named twice': '{"request":{"text":"a","text":"b"},"response":{"text":"c"}}',
    'an unknown member': { ...exchange, more: 1 },
    'no response': { request: exchange.request },
    'a content of two kinds': { ...exchange, request: { text: 'a', base64: 'YQ==' } },
    'a content of none': { ...exchange, request: {} },
    'a content that is a text': { ...exchange, request: 'question' },
    'a content that is a list': { ...exchange, request: ['a'] },
    'half a character': '{"request":{"text":"\\ud800"},"response":{"text":"a"}}',
    'base64 without padding': { ...exchange, request: { base64: 'YQ' } },
    'base64 with bits left over': { ...exchange, request: { base64: 'YR==' } },
    'base64 for URLs': { ...exchange, request: { base64: '__--' } },
    'base64 with a line end': { ...exchange, request: { base64: 'YWJj\nYWI=' } },
    'a digest in upper case': { ...exchange, request: { sha256: sha256('a').toUpperCase() } },
    'a digest that is short': { ...exchange, request: { sha256: '0x12' } },
    'a digest with a type': {
      ...exchange,
      request: { sha256: sha256('a'), contentType: 'application/json' },
    },
    'an endpoint with a query': { ...exchange, endpoint: 'https://a.example/v1?key=s3cr3t-value' },
    'an endpoint with user info': { ...exchange, endpoint: 'https://me:s3cr3t-value@a.example/' },
    'an endpoint with a fragment': { ...exchange, endpoint: 'https://a.example/#s3cr3t-value' },
    'an empty endpoint': { ...exchange, endpoint: '' },
    'a long name': { ...exchange, model: { requested: much } },
    'a model that is a text': { ...exchange, model: 'm' },
    'an outcome': { ...exchange, outcome: 'fine' },
    'a usage that is a list': { ...exchange, usage: [1] },
    'a usage that is long': { ...exchange, usage: { much } },
    'a servedAt before 1970': { ...exchange, servedAt: -1 },
    'a servedAt with a fraction': { ...exchange, servedAt: 1.5 },
    'a servedAt beyond 48 bits': { ...exchange, servedAt: 2 ** 48 },
    'a servedAt as a text': { ...exchange, servedAt: '1760000000000' },
    'a modelId': { ...exchange, modelId: '0x12' },
    'an environmentId': { ...exchange, environmentId: 12 },
    'no messages': { ...exchange, messages: [] },
    'too many messages': {
      ...exchange,
      messages: Array.from({ length: 1_025 }, () => ({ json: 1 })),
    },
    'a message without a form':
      '{"request":{"text":"a"},"response":{"text":"b"},"messages":[{"json":"\\ud800"}]}',
    'an extension with a standard name': { ...exchange, extensions: { outcome: { text: 'x' } } },
    'an extension with the name of messages': {
      ...exchange,
      extensions: { messages: { text: 'x' } },
    },
    'an extension with the name of the key': {
      ...exchange,
      extensions: { 'idempotency.key.sha256': { text: 'x' } },
    },
    'an extension with no name': { ...exchange, extensions: { '': { text: 'x' } } },
    'an extension that is large': { ...exchange, extensions: { a: { text: 'é'.repeat(40_000) } } },
    'eight extensions': { ...exchange, extensions: extensions(8) },
    'seven extensions and a key': { ...exchange, idempotencyKey: 'k', extensions: extensions(7) },
    'seven extensions and messages': {
      ...exchange,
      messages: [{ json: 1 }],
      extensions: extensions(7),
    },
    'an empty key': { ...exchange, idempotencyKey: '' },
    'a key with a space': { ...exchange, idempotencyKey: 'a b' },
    'a long key': { ...exchange, idempotencyKey: 'k'.repeat(256) },
  }

  test('error: malformed, soon, with nothing recorded, and no value said back', async () => {
    const running = await start()
    for (const [name, record] of Object.entries(hostile)) {
      const begin = performance.now()
      const answer = await running.post(record)
      expect(answer, name).toMatchObject({
        status: 400,
        type: 'application/problem+json',
        json: { code: 'malformed', type: '/v1/problems/malformed', status: 400 },
      })
      expect(JSON.stringify(answer.json), name).not.toMatch(/s3cr3t|xxxxx/)
      expect(performance.now() - begin, name).toBeLessThan(2_000)
      if (typeof record === 'string' && !record.includes('\n')) continue
      // A list stands for several.
      const line = await running.post([exchange, record])
      expect([line.status, line.json.detail], name).toEqual([
        400,
        expect.stringMatching(/^Line 2: /),
      ])
    }
    expect((await running.ask('/v1/status')).json).toMatchObject({ recorded: 0, dropped: 0 })
    expect(running.errors).toEqual([])
  })

  test('behavior: what is at the limit is taken', async () => {
    const running = await start()
    for (const record of [
      { ...exchange, extensions: extensions(7) },
      { ...exchange, extensions: { a: { text: 'x'.repeat(65_536) } } },
      { ...exchange, endpoint: 'http://127.0.0.1:8080/v1', servedAt: 2 ** 48 - 1 },
      { ...exchange, endpoint: 'the model in the cellar?', servedAt: 0 },
      { ...exchange, messages: Array.from({ length: 1_024 }, (_, json) => ({ json })) },
      { request: { text: '' }, response: { base64: '' }, outputText: { text: '' } },
      {
        ...exchange,
        idempotencyKey: 'k'.repeat(255),
        messages: [{ json: null }],
        extensions: extensions(5),
      },
    ]) {
      const { status, json } = await running.post(record)
      expect([status, json.code]).toEqual([201, undefined])
    }
    await running.ask('/v1/flush', { method: 'POST' })
    const journal = running.collector.book.journal()
    for await (const group of journal.inferences(0n, 7)) {
      for (const { inferenceId } of group) {
        const receipt = await receiptOf(running, bytesToHex(inferenceId))
        const report = await verifyReceipt(receipt, { policy: at.policy, client: at.chain.client })
        // But for the time that lies ahead by millennia.
        const ahead = receipt.inference.servedAt === String(2 ** 48 - 1)
        expect(report.status).toBe(ahead ? 'refuted' : 'verified')
      }
    }
  })

  const bodies: [string, RequestInit, number, string][] = [
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415, 'wrong-type'],
    ['a form', { body: new URLSearchParams('a=b'), headers: {} }, 415, 'wrong-type'],
    ['no type', { body: new TextEncoder().encode('{}'), headers: {} }, 415, 'wrong-type'],
    [
      'a coding',
      { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      415,
      'wrong-type',
    ],
    ['bytes that are no text', { body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'malformed'],
    ['a text that is cut', { body: new Uint8Array([0x22, 0xe2, 0x82]) }, 400, 'malformed'],
    ['too many bytes', { body: `"${'x'.repeat(20_000)}"` }, 413, 'too-large'],
    [
      'too many bytes, said before',
      { headers: { 'content-type': 'application/json', 'content-length': '20000' } },
      413,
      'too-large',
    ],
    [
      'too many lines',
      {
        body: Array.from({ length: 6 }, () => JSON.stringify(exchange)).join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      },
      413,
      'too-large',
    ],
    [
      'an empty line',
      {
        body: `${JSON.stringify(exchange)}\n\n${JSON.stringify(exchange)}`,
        headers: { 'content-type': 'application/x-ndjson' },
      },
      400,
      'malformed',
    ],
    [
      'a key for several',
      {
        body: JSON.stringify(exchange),
        headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'k' },
      },
      400,
      'malformed',
    ],
    [
      'a key twice',
      {
        body: JSON.stringify({ ...exchange, idempotencyKey: 'k' }),
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      },
      400,
      'malformed',
    ],
    [
      'a key beside seven extensions',
      {
        body: JSON.stringify({ ...exchange, extensions: extensions(7) }),
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      },
      400,
      'malformed',
    ],
    [
      'an empty key, quoted',
      { headers: { 'content-type': 'application/json', 'idempotency-key': '""' } },
      400,
      'malformed',
    ],
    [
      'a key with a space',
      { headers: { 'content-type': 'application/json', 'idempotency-key': '"a b"' } },
      400,
      'malformed',
    ],
  ]
  test.each(bodies)('error: %s', async (_name, init, status, code) => {
    const running = await start({ limits: { maxBodyBytes: 10_000, maxRecords: 5 } })
    const answer = await running.ask('/v1/inferences', {
      method: 'POST',
      body: JSON.stringify(exchange),
      headers: { 'content-type': 'application/json' },
      ...init,
    })
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect((await running.ask('/v1/status')).json.recorded).toBe(0)
  })

  test('error: not-found, method-not-allowed; each code is explained', async () => {
    const { ask } = await start()
    for (const [path, method, status, code] of [
      ['/', 'GET', 404, 'not-found'],
      ['/v1/inference', 'POST', 404, 'not-found'],
      ['/v1/inferences', 'GET', 405, 'method-not-allowed'],
      ['/v1/inferences', 'DELETE', 405, 'method-not-allowed'],
      [`/v1/inferences/${toHex(1, { size: 32 })}`, 'POST', 405, 'method-not-allowed'],
      ['/v1/inferences/0x12', 'GET', 400, 'malformed'],
      ['/v1/inferences/..%2f..%2fetc/receipt', 'GET', 400, 'malformed'],
      ['/v1/flush', 'GET', 405, 'method-not-allowed'],
      ['/v1/problems/toString', 'GET', 404, 'not-found'],
    ] as const) {
      const answer = await ask(path, { method })
      expect([answer.status, answer.json.code], `${method} ${path}`).toEqual([status, code])
      if (status === 405) expect(answer.headers.get('allow')).toMatch(/^(GET|POST)$/)
      expect((await ask(answer.json.type)).json).toMatchObject({ code, status })
    }
  })
})
