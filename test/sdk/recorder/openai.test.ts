import { type Recorder, verifyReceipt } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, digest, type ChatServer, startChatServer } from '../support/chat-server.ts'
import { type Session, startSession } from '../support/session.ts'
import { shown } from '../support/shown.ts'

let session: Session
let server: ChatServer
let recorder: Recorder
beforeAll(async () => {
  session = await startSession()
  server = await startChatServer()
  recorder = await session.recorder()
})
afterAll(async () => {
  await session.stop()
  server.stop()
})

describe('recorder.fetch with the OpenAI client', () => {
  test('default: an answer has a receipt that speaks of its bytes', async () => {
    const completion = await server.client(recorder).chat.completions.create(ask('m'))
    expect(completion.choices[0]?.message.content).toBe('Grüße 🙂')
    const receipt = await recorder.receiptOf(completion)
    const { request, response } = server.seen.get(completion.id) as {
      request: string
      response: string
    }
    expect(shown(receipt)).toEqual({
      'request.sha256': digest(request),
      'response.sha256': digest(response),
      'output.text.sha256': digest('Grüße 🙂'),
      endpoint: `${server.baseURL}/chat/completions`,
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
    const stream = await server
      .client(recorder)
      .chat.completions.create({ ...ask('m'), stream: true })
    let text = ''
    let id = ''
    for await (const chunk of stream) {
      id = chunk.id
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Grüße 🙂')
    expect(shown(await recorder.receiptOf(stream))).toMatchObject({
      'response.sha256': digest(server.seen.get(id)?.response ?? ''),
      'output.text.sha256': digest('Grüße 🙂'),
      outcome: 'complete',
      finish_reason: 'stop',
    })
  })

  test('behavior: who stops early, or aborts, has that on record', async () => {
    const early = await server
      .client(recorder)
      .chat.completions.create({ ...ask('endless'), stream: true })
    for await (const chunk of early) if (chunk.choices[0]) break
    expect(shown(await recorder.receiptOf(early))).toMatchObject({ outcome: 'aborted' })

    const controller = new AbortController()
    const response = await recorder.fetch(`${server.baseURL}/chat/completions`, {
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
    const completion = await server.client(recorder).chat.completions.create(ask('flaky'))
    expect(await recorder.receiptOf(completion)).toBeDefined()
    await expect(server.client(recorder).chat.completions.create(ask('refused'))).rejects.toThrow(
      '400 no',
    )
    await server.client(recorder).models.list()
    await recorder.flush()
    expect(recorder.status().recorded).toBe(before + 1)
  })

  test('behavior: calls at once are told apart, and what is not known has no receipt', async () => {
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((model) =>
        server.client(recorder).chat.completions.create(ask(model)),
      ),
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
    const send = () =>
      twins.fetch(`${server.baseURL}/chat/completions`, { method: 'POST', body: '{}' })
    const [one, two] = [await send(), await send()]
    await Promise.all([one.text(), two.text()])
    expect(await twins.receiptOf({ id: 'same' })).toBeUndefined()
    expect(await twins.receiptOf(one)).toBeDefined()
  })

  test('behavior: the response is as without a recorder', async () => {
    const post = { method: 'POST', body: JSON.stringify(ask('m')) }
    const [plain, recorded] = [
      await fetch(`${server.baseURL}/chat/completions`, post),
      await recorder.fetch(`${server.baseURL}/chat/completions`, post),
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
