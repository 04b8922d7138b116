import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createRecorder,
  type InferenceReceipt,
  InferenceDroppedError,
  InvalidConfigError,
  memoryJournal,
  type Recorder,
  SettlementTimeoutError,
  verifyReceipt,
} from '@assay/sdk'
import OpenAI from 'openai'
import { hexToString, type Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Session, startSession } from './support/session.ts'

let session: Session
let server: Server
let baseURL: string
let recorder: Recorder
/** Bodies as they came in and went out, by the provider's id. */
const seen = new Map<string, { request: string; response: string }>()

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

/** Answers as OpenAI does: streamed, whole, failing first, hanging. What it does is asked for by the model's name. */
function answer(
  body: string,
  write: (text: string) => void,
  head: (status: number, type: string) => void,
) {
  const { model, stream } = JSON.parse(body) as { model: string; stream?: boolean }
  const id = `chatcmpl-${seen.size + 1}`
  let response = ''
  const send = (text: string) => {
    response += text
    write(text)
  }
  if (stream) {
    head(200, 'text/event-stream')
    const event = (delta: object, finish: string | null) =>
      send(
        `data: ${JSON.stringify({ id, model: `${model}-1`, choices: [{ index: 0, delta, finish_reason: finish }] })}\r\n\r\n`,
      )
    for (const content of ['Grü', 'ße', ' 🙂']) event({ content }, null)
    if (model !== 'endless') {
      event({}, 'stop')
      send('data: [DONE]\n\n')
    }
  } else {
    head(200, 'application/json')
    const message = { role: 'assistant', content: 'Grüße 🙂' }
    send(
      JSON.stringify({
        id,
        model: `${model}-1`,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    )
  }
  seen.set(id, { request: body, response })
  return model !== 'endless'
}

beforeAll(async () => {
  session = await startSession()
  let failures = 0
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      if (request.url === '/v1/models') {
        response.setHeader('content-type', 'application/json').end('{"data":[]}')
      } else if (body.includes('flaky') && failures++ === 0) {
        response.writeHead(500, { 'x-should-retry': 'true' }).end()
      } else if (body.includes('refused')) {
        response
          .writeHead(400, { 'content-type': 'application/json' })
          .end('{"error":{"message":"no"}}')
      } else {
        const over = answer(
          body,
          (text) => response.write(text),
          (status, type) => response.writeHead(status, { 'content-type': type }),
        )
        if (over) response.end()
      }
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  recorder = await session.recorder()
})
afterAll(async () => {
  await session.stop()
  server.closeAllConnections()
  server.close()
})

const client = (recording = recorder) =>
  new OpenAI({ apiKey: 'k', baseURL, fetch: recording.fetch, maxRetries: 1 })
const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hi' }] })

function shown(receipt: InferenceReceipt | undefined): Record<string, string> {
  return Object.fromEntries(
    (receipt?.fields.opened ?? []).map(({ name, value }) => [
      name,
      name.endsWith('.sha256') ? value : hexToString(value),
    ]),
  )
}

const digest = (text: string): Hex => `0x${createHash('sha256').update(text).digest('hex')}`

describe('recorder.fetch with the OpenAI client', () => {
  test('default: an answer has a receipt that speaks of its bytes', async () => {
    const completion = await client().chat.completions.create(ask('m'))
    expect(completion.choices[0]?.message.content).toBe('Grüße 🙂')
    const receipt = await recorder.receiptOf(completion)
    const { request, response } = seen.get(completion.id) as { request: string; response: string }
    expect(shown(receipt)).toEqual({
      'request.sha256': digest(request),
      'response.sha256': digest(response),
      'output.text.sha256': digest('Grüße 🙂'),
      endpoint: `${baseURL}/chat/completions`,
      'model.requested': 'm',
      'model.returned': 'm-1',
      outcome: 'complete',
      usage: '{"completion_tokens":2,"prompt_tokens":3,"total_tokens":5}',
      finish_reason: 'stop',
    })
    const { policy, chain } = session
    const contents = { request: Buffer.from(request), response: Buffer.from(response) }
    const report = await verifyReceipt(receipt, { policy, client: chain.client, contents })
    expect(report.status).toBe('verified')
    expect(report.checks.find(({ name }) => name === 'contents')?.status).toBe('verified')
    const other = await verifyReceipt(receipt, {
      policy,
      client: chain.client,
      contents: { response: Buffer.from('x') },
    })
    expect(other.status).toBe('refuted')
  })

  test('behavior: a stream has a receipt too, found by the stream itself', async () => {
    const stream = await client().chat.completions.create({ ...ask('m'), stream: true })
    let text = ''
    let id = ''
    for await (const chunk of stream) {
      id = chunk.id
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Grüße 🙂')
    expect(shown(await recorder.receiptOf(stream))).toMatchObject({
      'response.sha256': digest(seen.get(id)?.response ?? ''),
      'output.text.sha256': digest('Grüße 🙂'),
      outcome: 'complete',
      finish_reason: 'stop',
    })
  })

  test('behavior: who stops early, or aborts, has that on record', async () => {
    const early = await client().chat.completions.create({ ...ask('endless'), stream: true })
    for await (const chunk of early) if (chunk.choices[0]) break
    expect(shown(await recorder.receiptOf(early))).toMatchObject({ outcome: 'aborted' })

    const controller = new AbortController()
    const response = await recorder.fetch(`${baseURL}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'endless', stream: true }),
      signal: controller.signal,
    })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    expect(shown(await recorder.receiptOf(response))).toMatchObject({ outcome: 'truncated' })
  })

  test('behavior: a failure and its retry are one inference; a refusal is none', async () => {
    const before = recorder.status().recorded
    const completion = await client().chat.completions.create(ask('flaky'))
    expect(await recorder.receiptOf(completion)).toBeDefined()
    await expect(client().chat.completions.create(ask('refused'))).rejects.toThrow('400 no')
    await client().models.list()
    await recorder.flush()
    expect(recorder.status().recorded).toBe(before + 1)
  })

  test('behavior: calls at once are told apart, and what is not known has no receipt', async () => {
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((model) => client().chat.completions.create(ask(model))),
    )
    const receipts = await Promise.all(answers.map((it) => recorder.receiptOf(it)))
    expect(receipts.map((receipt) => shown(receipt)['model.requested'])).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    for (const unknown of [
      {},
      'x',
      undefined,
      null,
      7,
      { id: 'chatcmpl-none' },
      `0x${'1'.repeat(64)}`,
    ]) {
      expect(await recorder.receiptOf(unknown)).toBeUndefined()
    }
  })

  test('behavior: an id that two answers share fits none of them', async () => {
    const body = JSON.stringify({ id: 'same', choices: [] })
    const twins = await session.recorder({
      fetch: () =>
        Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' } })),
    })
    const send = () => twins.fetch(`${baseURL}/chat/completions`, { method: 'POST', body: '{}' })
    const [one, two] = [await send(), await send()]
    await Promise.all([one.text(), two.text()])
    expect(await twins.receiptOf({ id: 'same' })).toBeUndefined()
    expect(await twins.receiptOf(one)).toBeDefined()
  })

  test('behavior: the response is as without a recorder', async () => {
    const post = { method: 'POST', body: JSON.stringify(ask('m')) }
    const [plain, recorded] = [
      await fetch(`${baseURL}/chat/completions`, post),
      await recorder.fetch(`${baseURL}/chat/completions`, post),
    ]
    for (const name of [
      'status',
      'statusText',
      'ok',
      'url',
      'redirected',
      'type',
      'bodyUsed',
    ] as const) {
      expect(recorded[name], name).toEqual(plain[name])
    }
    expect([...recorded.headers.keys()]).toEqual([...plain.headers.keys()])
    const byob = recorded.clone().body?.getReader({ mode: 'byob' })
    expect((await byob?.read(new Uint8Array(8)))?.value?.length).toBe(8)
    expect(await recorded.text()).toContain('Grüße')
  })

  test('behavior: requests of all kinds of bodies get through whole', async () => {
    const echo = await session.recorder({
      fetch: async (input, init) => new Response(await new Request(input, init).arrayBuffer()),
    })
    const text = 'Grüße 🙂'
    const bytes = new TextEncoder().encode(text)
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes.slice(0, 3))
          controller.enqueue(bytes.slice(3))
          controller.close()
        },
      })
    const url = 'https://api.example.com/v1/embeddings?key=secret'
    for (const body of [text, bytes, bytes.buffer, new Blob([text]), stream()]) {
      const response = await echo.fetch(url, {
        method: 'POST',
        body,
        duplex: 'half',
      } as RequestInit)
      expect(await response.text()).toBe(text)
      const fields = shown(await echo.receiptOf(response))
      expect(fields['request.sha256']).toBe(digest(text))
      expect(fields.endpoint).toBe('https://api.example.com/v1/embeddings')
    }
    const request = new Request(url, { method: 'POST', body: text })
    const response = await echo.fetch(request)
    expect(await response.text()).toBe(text)
    expect(shown(await echo.receiptOf(response))['request.sha256']).toBe(digest(text))
  })
})

describe('recorder.fetch where things go wrong', () => {
  const url = 'https://api.example.com/v1/chat/completions'
  const post = { method: 'POST', body: '{}' }

  test('behavior: an answer without a body is recorded, with the digest of nothing', async () => {
    const empty = await session.recorder({ fetch: () => Promise.resolve(new Response(null)) })
    const response = await empty.fetch(url, post)
    expect(shown(await empty.receiptOf(response))).toMatchObject({
      'response.sha256': digest(''),
      outcome: 'complete',
    })
  })

  test('behavior: a connection that breaks breaks for the caller as it did, and is on record', async () => {
    const broken = new Error('connection reset')
    const recording = await session.recorder({
      fetch: () => {
        let pieces = 0
        const body = new ReadableStream({
          pull(controller) {
            if (pieces++) controller.error(broken)
            else controller.enqueue(new TextEncoder().encode('data: {}'))
          },
        })
        return Promise.resolve(
          new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
        )
      },
    })
    const response = await recording.fetch(url, post)
    await expect(response.text()).rejects.toBe(broken)
    expect(shown(await recording.receiptOf(response))).toMatchObject({ outcome: 'error' })
  })

  test('behavior: what fetch throws is thrown, once', async () => {
    let calls = 0
    const recording = await session.recorder({
      fetch: () => {
        calls++
        throw new TypeError('no network')
      },
    })
    expect(() => recording.fetch(url, post)).toThrow('no network')
    expect(calls).toBe(1)
  })

  test('behavior: neither a listener nor shouldRecord can disturb a call', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const recording = await session.recorder({
      fetch: () => Promise.resolve(new Response('fine')),
      shouldRecord: () => {
        throw new Error('mine')
      },
      onError: () => {
        throw new Error('mine too')
      },
    })
    expect(await (await recording.fetch(url, post)).text()).toBe('fine')
    expect(recording.status().recorded).toBe(0)
    warn.mockRestore()
  })
})

describe('recorder.handler', () => {
  test('default: records the same digests as the client’s side', async () => {
    const operator = await session.recorder()
    const handler = operator.handler(async (request: Request) => {
      const { model } = (await request.json()) as { model: string }
      return Response.json({
        id: 'chatcmpl-op',
        model,
        choices: [{ index: 0, message: { content: 'hi' } }],
      })
    })
    const url = 'http://model.example/v1/chat/completions'
    const builder = await session.recorder({
      fetch: (input, init) => handler(new Request(input, init)),
    })
    const response = await builder.fetch(url, { method: 'POST', body: JSON.stringify(ask('m')) })
    expect(await response.json()).toMatchObject({ model: 'm' })
    const [theirs, ours] = [
      await operator.receiptOf('chatcmpl-op'),
      await builder.receiptOf(response),
    ]
    expect(shown(theirs)).toEqual(shown(ours))
    expect(theirs?.inferenceId).not.toBe(ours?.inferenceId)
  })
})

describe('recorder.record', () => {
  test('error: InvalidInputError, InvalidConfigError', async () => {
    const exchange = { request: 'q', response: 'a' }
    await expect(recorder.record({ ...exchange, servedAt: -1 })).rejects.toThrow(
      '`servedAt` must be',
    )
    await expect(recorder.record({ ...exchange, modelId: '0x12' })).rejects.toThrow(
      InvalidConfigError,
    )
    const eight = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x${i}`, 'x']))
    await expect(recorder.record({ ...exchange, extensions: eight })).rejects.toThrow('7 at most')
    await expect(recorder.record({ ...exchange, extensions: { outcome: 'x' } })).rejects.toThrow(
      'standard field',
    )
  })

  test('behavior: what does not fit into the queue is dropped and told', async () => {
    const dropped: unknown[] = []
    const small = await session.recorder({
      maxQueueSize: 2,
      onDrop: (error) => dropped.push(error),
    })
    await small.record({ request: 'q', response: 'a' })
    const all = await Promise.all(
      Array.from({ length: 5 }, () => small.record({ request: 'q', response: 'a' })),
    )
    expect(all.filter((it) => it !== undefined)).toHaveLength(2)
    // Those that follow the first within a second are told in one call.
    await expect.poll(() => dropped.length, { timeout: 3_000 }).toBe(2)
    expect(dropped[0]).toBeInstanceOf(InferenceDroppedError)
    expect((dropped[1] as Error).message).toContain('2 inferences were not recorded')
    expect(small.status()).toMatchObject({ recorded: 3, dropped: 3 })
  })

  test('behavior: a time after the settlement is refuted', async () => {
    const recorded = await recorder.record({
      request: 'q',
      response: 'a',
      servedAt: Date.now() + 86_400_000,
    })
    const receipt = await recorder.receiptOf(recorded)
    const { policy, chain } = session
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status).toBe('refuted')
    expect(report.checks.find(({ name }) => name === 'time')?.status).toBe('refuted')
  })

  test('error: SettlementTimeoutError', async () => {
    const stuck = await session.recorder({
      journal: memoryJournal(),
      submit: () => new Promise(() => {}),
      exportTimeoutMillis: 200,
    })
    const recorded = await stuck.record({ request: 'q', response: 'a' })
    await expect(stuck.receiptOf(recorded, { timeoutMillis: 50 })).rejects.toThrow(
      SettlementTimeoutError,
    )
  })
})

describe('createRecorder', () => {
  const settings = () => ({
    chainId: 31337,
    rpcUrl: session.chain.rpcUrl,
    inferenceLog: session.chain.addresses.inferenceLog,
    owner: session.owner,
    sessionKey: session.sessionKey,
    journal: memoryJournal(),
  })

  test('behavior: does nothing, and says so once, when nothing is configured', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const idle = createRecorder()
    expect(idle.enabled).toBe(false)
    expect(warn).toHaveBeenCalledOnce()
    expect(await idle.record({ request: 'q', response: 'a' })).toBeUndefined()
    const completion = await client(idle).chat.completions.create(ask('m'))
    expect(await idle.receiptOf(completion)).toBeUndefined()
    createRecorder({ ...settings(), enabled: false })
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })

  test.each([
    [{ owner: undefined }, 'owner (ASSAY_OWNER)` is missing'],
    [{ owner: '0x12' }, 'is no address'],
    [{ sessionKey: '0x12' }, 'must be a private key'],
    [{ sessionKey: `0x${'0'.repeat(64)}` }, 'is no private key of secp256k1'],
    [{ rpcUrl: 'nowhere' }, 'must be an http or https URL'],
    [{ chainId: undefined }, 'chainId (ASSAY_CHAIN_ID)` is missing'],
    [{ scheduledDelayMillis: 0 }, 'must be a whole number from 1'],
    [{ modelId: 'gpt' }, 'must be 0x and 64 hex digits'],
  ])('error: InvalidConfigError for %j', (change, problem) => {
    expect(() => createRecorder({ ...settings(), ...change })).toThrow(InvalidConfigError)
    expect(() => createRecorder({ ...settings(), ...change })).toThrow(problem)
  })

  test('behavior: an error never shows the session key', () => {
    const secret = `${session.sessionKey}00`
    try {
      createRecorder({ ...settings(), sessionKey: secret })
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain(session.sessionKey.slice(2))
    }
  })
})
