/** What the collector takes, refuses and answers, asked without a port. */
import { createHash } from 'node:crypto'
import { fileJournal, type InferenceReceipt, verifyReceipt } from '@assay/sdk'
import { bearerToken } from '@assay/sdk/stores'
import { bytesToHex, type Hex, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Session, startSession } from '../sdk/support/session.ts'
import { createInProcess, type InProcess, type InProcessOptions } from './support/collector.ts'

let at: Session
beforeAll(async () => {
  at = await startSession()
})
afterAll(() => at.stop())

const running: InProcess[] = []
afterEach(async () => {
  for (const { collector } of running.splice(0)) await collector.book.close(2_000)
})
async function start(options: InProcessOptions = {}): Promise<InProcess> {
  const started = await createInProcess(at, options)
  running.push(started)
  return started
}

const exchange = { request: { text: 'question' }, response: { text: 'answer' } }
const sha256 = (text: string | Uint8Array): Hex =>
  `0x${createHash('sha256').update(text).digest('hex')}`

/** What a receipt opens, by name: text as text, bytes as hex. */
function openedOf({ fields }: InferenceReceipt): Record<string, string> {
  return Object.fromEntries(
    fields.opened
      .filter(({ value }) => value !== '0x')
      .map(({ name, value }) => [
        name,
        name.endsWith('sha256') || name === 'messages'
          ? value
          : Buffer.from(value.slice(2), 'hex').toString(),
      ]),
  )
}

async function receiptOf({ ask }: InProcess, inferenceId: string): Promise<InferenceReceipt> {
  const { status, json } = await ask(`/v1/inferences/${inferenceId}/receipt`, {
    headers: { prefer: 'wait=20' },
  })
  expect(status).toBe(200)
  return json as unknown as InferenceReceipt
}

const expectVerified = async (receipt: InferenceReceipt) => {
  const { policy, chain } = at
  expect((await verifyReceipt(receipt, { policy, client: chain.client })).status).toBe('verified')
}

describe('records', () => {
  test('default: every member becomes its field; the receipt verifies', async () => {
    const running = await start()
    const { status, json, headers } = await running.post({
      request: { base64: Buffer.from('question é').toString('base64') },
      response: { sha256: sha256('answer') },
      outputText: { text: 'answer text' },
      endpoint: 'https://api.example.com/v1/chat/completions',
      model: { requested: 'm-1', returned: 'm-1-2026' },
      outcome: 'truncated',
      usage: { total_tokens: 11, prompt_tokens: 9 },
      finishReason: 'length',
      messages: [{ json: { role: 'user', content: 'é' } }, { sha256: sha256('"x"') }],
      extensions: { 'provider.response.id': { text: 'c-1' }, raw: { base64: 'AAH/' } },
      modelId: toHex(7, { size: 32 }),
      environmentId: toHex(8, { size: 32 }),
      servedAt: 1_760_000_000_000,
      idempotencyKey: 'call-1',
    })
    expect([status, json]).toEqual([
      201,
      { inferenceId: expect.stringMatching(/^0x[0-9a-f]{64}$/), sequence: '0', repeated: false },
    ])
    expect(headers.get('location')).toBe(`/v1/inferences/${json.inferenceId}`)
    const receipt = await receiptOf(running, json.inferenceId)
    await expectVerified(receipt)
    expect(receipt.inference).toMatchObject({
      modelId: toHex(7, { size: 32 }),
      environmentId: toHex(8, { size: 32 }),
      servedAt: '1760000000000',
    })
    expect(openedOf(receipt)).toEqual({
      'request.sha256': sha256('question é'),
      'response.sha256': sha256('answer'),
      'output.text.sha256': sha256('answer text'),
      endpoint: 'https://api.example.com/v1/chat/completions',
      'model.requested': 'm-1',
      'model.returned': 'm-1-2026',
      outcome: 'truncated',
      usage: '{"prompt_tokens":9,"total_tokens":11}',
      finish_reason: 'length',
      'provider.response.id': 'c-1',
      raw: Buffer.from('AAH/', 'base64').toString(),
      'idempotency.key.sha256': sha256('call-1'),
      messages: expect.stringMatching(/^0x00000002/),
    })
    expect(receipt.messages?.opened.map((message) => message.sha256)).toEqual([
      sha256('{"content":"é","role":"user"}'),
      sha256('"x"'),
    ])
  })

  const answers = {
    'application/json': JSON.stringify({
      id: 'c-1',
      model: 'm-1-2026',
      choices: [{ index: 0, finish_reason: 'stop', message: { content: 'Hello.' } }],
      usage: { total_tokens: 11 },
    }),
    'text/event-stream; charset=utf-8': [
      { id: 'c-1', model: 'm-1-2026', choices: [{ index: 0, delta: { content: 'Hel' } }] },
      { choices: [{ index: 0, delta: { content: 'lo.' }, finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 11 } },
      '[DONE]',
    ]
      .map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
      .join(''),
  }
  test.each(Object.entries(answers))(
    'behavior: what a content says itself is read as the recorder reads it: %s',
    async (contentType, answer) => {
      const body = JSON.stringify({ model: 'm-1', messages: [{ role: 'user', content: 'Hi' }] })
      const endpoint = 'https://api.example.com/v1/chat/completions'
      const recorder = await at.recorder({
        fetch: async () => new Response(answer, { headers: { 'content-type': contentType } }),
      })
      const response = await recorder.fetch(endpoint, { method: 'POST', body })
      await response.text()
      const seen = (await recorder.receiptOf(response)) as InferenceReceipt

      const running = await start()
      const { json } = await running.post({
        request: { text: body, contentType: 'application/json' },
        response: { text: answer, contentType },
        endpoint,
      })
      const told = await receiptOf(running, json.inferenceId)
      expect(openedOf(told)).toEqual(openedOf(seen))
      expect(Object.keys(openedOf(told))).toHaveLength(9)
    },
  )

  test('behavior: what the record says goes before what the content says', async () => {
    const running = await start()
    const { json } = await running.post({
      request: { text: '{"model":"asked"}', contentType: 'application/json' },
      response: { text: '{"model":"said"}', contentType: 'application/json' },
      model: { requested: 'stated', returned: 'stated too' },
    })
    expect(openedOf(await receiptOf(running, json.inferenceId))).toMatchObject({
      'model.requested': 'stated',
      'model.returned': 'stated too',
    })
  })

  test('behavior: several, in their order; none if a line is malformed', async () => {
    const running = await start()
    const lines = ['a', 'b', 'c'].map((text) => ({ ...exchange, request: { text } }))
    const bad = await running.post([...lines, { request: { text: 'no response' } }])
    expect([bad.status, bad.json.code, bad.json.detail]).toEqual([
      400,
      'malformed',
      expect.stringContaining('Line 4: Invalid record: `response` is missing'),
    ])
    const { status, json } = await running.post(lines)
    expect([status, json.inferences.map(({ sequence }) => sequence)]).toEqual([
      201,
      ['0', '1', '2'],
    ])
    const receipts = await Promise.all(
      json.inferences.map(({ inferenceId }) => receiptOf(running, inferenceId)),
    )
    for (const [i, receipt] of receipts.entries()) {
      await expectVerified(receipt)
      expect(openedOf(receipt)['request.sha256']).toBe(sha256('abc'.charAt(i)))
    }
  })

  test('behavior: pending, settled, finalized; a receipt is waited for, or not; a flush hurries', async () => {
    const running = await start({
      recorder: { scheduledDelayMillis: 60_000, finalityPollMillis: 50 },
    })
    const { json } = await running.post(exchange)
    const path = `/v1/inferences/${json.inferenceId}`
    const pending = await running.ask(path)
    expect([pending.status, pending.json]).toMatchObject([200, { state: 'pending' }])
    const early = await running.ask(`${path}/receipt`)
    expect([early.status, early.json.state, early.headers.get('retry-after')]).toEqual([
      202,
      'pending',
      '2',
    ])
    const flushed = await running.ask('/v1/flush', { method: 'POST' })
    expect([flushed.status, flushed.json]).toMatchObject([200, { settled: 1, pending: 0 }])
    expect((await running.ask(path)).json.state).toBe('settled')
    await at.chain.client.mine({ blocks: 100 })
    await expect
      .poll(async () => (await running.ask(path)).json.state, { timeout: 10_000 })
      .toBe('finalized')
    const { json: status } = await running.ask('/v1/status')
    expect(status).toMatchObject({ recorded: 1, settled: 1, finalized: 1, waiting: 0 })
    expect(JSON.stringify(status)).not.toContain(at.sessionKey.slice(2))
  })
})

describe('once', () => {
  const keyed = { ...exchange, idempotencyKey: 'k-1', servedAt: 1_760_000_000_000 }

  test('default: a repeated record is the same inference, at once, later, and in the next run', async () => {
    const running = await start()
    const answers = await Promise.all([1, 2, 3, 4].map(() => running.post(keyed)))
    const inferenceId = answers[0]?.json.inferenceId
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
    expect(new Set(answers.map(({ json }) => json.inferenceId)).size).toBe(1)
    const later = await running.post(exchange, { 'idempotency-key': '"k-1"' })
    expect([later.status, later.json]).toEqual([
      200,
      { inferenceId, sequence: '0', repeated: true },
    ])
    await running.collector.book.close(2_000)

    const next = await start({ directory: running.directory })
    const again = await next.post(keyed)
    expect([again.status, again.json]).toEqual([
      200,
      { inferenceId, sequence: '0', repeated: true },
    ])
    const other = await next.post({ ...keyed, idempotencyKey: 'k-2' })
    expect([other.status, other.json.sequence]).toEqual([201, '1'])
    const line = await next.post([keyed, { ...keyed, idempotencyKey: 'k-3' }, keyed])
    expect([line.status, line.json.inferences]).toMatchObject([
      201,
      [{ inferenceId }, { sequence: '2', repeated: false }, { inferenceId, repeated: true }],
    ])
  })

  test('behavior: keys are known from journals that another run has begun', async () => {
    const first = await start()
    const { json } = await first.post(keyed)
    // It still holds its journal, as a process that hangs does: the next one begins another.
    const next = await start({ directory: first.directory })
    expect((await next.post(keyed)).json).toEqual({ ...json, repeated: true })
    expect((await next.ask(`/v1/inferences/${json.inferenceId}`)).json.inferenceId).toBe(
      json.inferenceId,
    )
    await expectVerified(await receiptOf(next, json.inferenceId))
  })

  test('behavior: a key is known under another session key, too', async () => {
    const first = await start()
    const { json } = await first.post(keyed)
    await receiptOf(first, json.inferenceId)
    await first.collector.book.close(2_000)
    const sessionKey = await at.newKey(4_102_444_800)
    const sessionAccount = privateKeyToAccount(sessionKey)
    const next = await createInProcess(
      { ...at, sessionKey, sessionAccount },
      { directory: first.directory },
    )
    running.push(next)
    expect((await next.post(keyed)).json).toEqual({ ...json, repeated: true })
    await expectVerified(await receiptOf(next, json.inferenceId))
    const other = await next.post({ ...keyed, idempotencyKey: 'k-2' })
    expect(other.json.sequence).toBe('0')
    await expectVerified(await receiptOf(next, other.json.inferenceId))
  })

  const changes: Record<string, object> = {
    request: { request: { text: 'other' } },
    response: { response: { text: 'other' } },
    model: { model: { requested: 'm' } },
    outcome: { outcome: 'error' },
    servedAt: { servedAt: 1 },
    modelId: { modelId: toHex(1, { size: 32 }) },
    extensions: { extensions: { a: { text: 'b' } } },
    messages: { messages: [{ json: 1 }] },
  }
  test('error: key-reused for another record, under way and kept', async () => {
    const running = await start()
    const [, raced] = await Promise.all([
      running.post(keyed),
      running.post({ ...keyed, outcome: 'error' }),
    ])
    expect([raced.status, raced.json.code]).toEqual([422, 'key-reused'])
    for (const [name, change] of Object.entries(changes)) {
      const { status, json } = await running.post({ ...keyed, ...change })
      expect([status, json.code], name).toEqual([422, 'key-reused'])
    }
    const several = await running.post([
      { ...keyed, idempotencyKey: 'k-9' },
      { ...keyed, outcome: 'error' },
    ])
    expect([several.status, several.json]).toMatchObject([
      422,
      {
        code: 'key-reused',
        inferences: [{ repeated: false }, { problem: { code: 'key-reused' } }],
      },
    ])
    expect((await running.ask('/v1/status')).json.recorded).toBe(2)
  })

  test('behavior: the newest are remembered, others forgotten; all are found by their ids', async () => {
    const running = await start({ limits: { remember: 2 } })
    const ids: string[] = []
    for (const n of [0, 1, 2, 3, 4, 5]) {
      const { json } = await running.post({ ...keyed, idempotencyKey: `n-${n}` })
      ids.push(json.inferenceId)
    }
    expect((await running.post({ ...keyed, idempotencyKey: 'n-5' })).json.repeated).toBe(true)
    expect((await running.post({ ...keyed, idempotencyKey: 'n-0' })).json.repeated).toBe(false)
    for (const id of ids) expect((await running.ask(`/v1/inferences/${id}`)).status).toBe(200)
    const unknown = await running.ask(`/v1/inferences/${toHex(5, { size: 32 })}`)
    expect([unknown.status, unknown.json.code]).toEqual([404, 'not-found'])
  })
})

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

describe('who may ask', () => {
  test('error: host-refused for a name that leads here; addresses, localhost and allowed names are known', async () => {
    const running = await start({ guard: { allowedHosts: ['Collector'] } })
    const by = async (host: string, header?: string) => {
      const request = new Request(
        `http://${host}/v1/status`,
        header ? { headers: { host: header } } : {},
      )
      return (await running.collector.fetch(request)).status
    }
    for (const host of ['127.0.0.1:8547', '[::1]', 'localhost:8547', 'collector:80', '10.0.0.7']) {
      expect(await by(host), host).toBe(200)
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8547']) {
      expect(await by(host), host).toBe(403)
    }
    expect(await by('127.0.0.1', 'evil.example')).toBe(403)
  })

  test('error: origin-refused for what comes from a page, unless it is allowed', async () => {
    const origin = 'https://app.example.org'
    const { ask, post } = await start({ guard: { allowedOrigins: [origin] } })
    const refused: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:8547' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-origin' },
      { origin: 'https://app.example.org.evil.example', 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of refused) {
      const answers = [await post(exchange, headers)]
      answers.push(await ask('/v1/status', { headers }))
      for (const { status, json, headers: given } of answers) {
        expect([status, json.code]).toEqual([403, 'origin-refused'])
        expect(given.get('access-control-allow-origin')).toBe(null)
      }
    }
    expect((await ask('/health', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
    const allowed = await post(exchange, { origin, 'sec-fetch-site': 'cross-site' })
    expect(allowed.status).toBe(201)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
    const malformed = await post('{', { origin })
    expect([malformed.status, malformed.headers.get('access-control-allow-origin')]).toEqual([
      400,
      origin,
    ])
    const asked = await ask('/v1/inferences', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect(asked.headers.get('access-control-allow-headers')).toContain('idempotency-key')
    expect((await ask('/v1/status')).json.recorded).toBe(1)
  })

  test('error: token-needed for everything but health and the meaning of codes', async () => {
    const token = 'correct-horse-battery'
    const { ask, post } = await start({ guard: { hasToken: bearerToken(token) } })
    for (const headers of [
      {},
      { authorization: 'Bearer wrong-horse-battery' },
      { authorization: `Bearer ${token}x` },
      { authorization: `Basic ${token}` },
      { authorization: token },
    ] as Record<string, string>[]) {
      const { status, json, headers: given } = await post(exchange, headers)
      expect([status, json.code, given.get('www-authenticate')]).toEqual([
        401,
        'token-needed',
        'Bearer',
      ])
      expect(JSON.stringify(json)).not.toContain('horse')
      expect((await ask('/v1/status', { headers })).status).toBe(401)
      expect((await ask('/v1/flush', { method: 'POST', headers })).status).toBe(401)
    }
    expect((await ask('/health')).json).toEqual({ status: 'ok' })
    const headers = { authorization: `Bearer ${token}` }
    expect((await post(exchange, headers)).status).toBe(201)
    expect((await ask('/v1/status', { headers })).json.recorded).toBe(1)
  })
})

describe('a disk that does not follow', () => {
  /** A journal whose writes wait, or fail, as long as it is told so. */
  function slowDisk(directory: string) {
    const disk = { state: 'well' as 'well' | 'waits' | 'fails' }
    const inner = fileJournal({ directory })
    const journal = Object.assign((place: Parameters<typeof inner>[0]) => {
      const opened = inner(place)
      return {
        ...opened,
        async sync() {
          while (disk.state === 'waits') await new Promise((resolve) => setTimeout(resolve, 5))
          if (disk.state === 'fails') throw new Error('EIO')
          await opened.sync()
        },
      }
    }, inner)
    return { disk, journal }
  }

  test('error: queue-full with Retry-After; what was taken is answered when the disk follows', async () => {
    const directory = await at.directory()
    const { disk, journal } = slowDisk(directory)
    const running = await start({ directory, limits: { maxQueue: 5, maxRecords: 5 }, journal })
    disk.state = 'waits'
    const taken = Promise.all([1, 2, 3].map(() => running.post(exchange)))
    await expect.poll(async () => (await running.ask('/v1/status')).json.waiting).toBe(3)
    const refused = await running.post([exchange, exchange, exchange])
    expect([refused.status, refused.json.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'queue-full',
      '1',
    ])
    disk.state = 'well'
    expect((await taken).map(({ status }) => status)).toEqual([201, 201, 201])
    expect((await running.post([exchange, exchange, exchange])).status).toBe(201)
    expect((await running.ask('/v1/status')).json).toMatchObject({ recorded: 6, dropped: 0 })
  })

  test('error: not-written while the journal fails; repeated under its key, it is one inference', async () => {
    const directory = await at.directory()
    const { disk, journal } = slowDisk(directory)
    const running = await start({ directory, journal })
    disk.state = 'fails'
    const keyed = { ...exchange, idempotencyKey: 'k' }
    const first = await running.post(keyed)
    expect([first.status, first.json.code, first.headers.get('retry-after')]).toEqual([
      503,
      'not-written',
      '2',
    ])
    const again = await running.post(keyed)
    expect([again.status, again.json.code]).toEqual([503, 'not-written'])
    expect((await running.ask('/health')).json).toEqual({ status: 'stalled' })
    disk.state = 'well'
    await expect.poll(async () => (await running.post(keyed)).status, { timeout: 15_000 }).toBe(200)
    expect((await running.ask('/health')).json).toEqual({ status: 'ok' })
    expect((await running.post(exchange)).json.sequence).toBe('1')
    expect((await running.ask('/v1/status')).json).toMatchObject({ recorded: 2, dropped: 0 })
  })
})

test('behavior: a chain that is away costs nothing; a flush says what stops it, without its address', async () => {
  const running = await start({
    recorder: { rpcUrl: 'http://127.0.0.1:1/v2/s3cr3t-value', exportTimeoutMillis: 1_000 },
  })
  const { json } = await running.post(exchange)
  const flushed = await running.ask('/v1/flush', { method: 'POST' })
  expect([flushed.status, flushed.json.code]).toEqual([503, 'not-settled'])
  expect(flushed.json.detail).toContain('RpcUnreachableError')
  const statusOf = async () => (await running.ask('/v1/status')).json
  await expect
    .poll(statusOf, { timeout: 10_000 })
    .toMatchObject({ pending: 1, lastError: 'RpcUnreachableError' })
  const status = await statusOf()
  const receipt = await running.ask(`/v1/inferences/${json.inferenceId}/receipt`, {
    headers: { prefer: 'wait=1' },
  })
  expect(receipt.status).toBe(202)
  expect(JSON.stringify([flushed.json, status, receipt.json])).not.toContain('s3cr3t')
})

test('error: ending: nothing more is taken, and who waits for the chain is let go', async () => {
  const running = await start({ recorder: { scheduledDelayMillis: 60_000 } })
  const { json } = await running.post(exchange)
  const waiting = running.ask(`/v1/inferences/${json.inferenceId}/receipt`, {
    headers: { prefer: 'wait=60' },
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  running.collector.end()
  expect((await waiting).status).toBe(202)
  const refused = await running.post(exchange)
  expect([refused.status, refused.json.code]).toEqual([503, 'ending'])
  expect((await running.ask('/health')).status).toBe(503)
})
