import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { all, json, stream, text } from './answers.ts'
import { bothWays, expectInference, type Fetch } from './both-ways.ts'
import { drip, type HostileServer, sha256, startHostileServer } from './server.ts'
import { attempt, settled } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

type Tools = { fetch: Fetch; url: string }

describe('Anthropic', () => {
  const message = {
    ...{
      id: 'msg-1',
      type: 'message',
      role: 'assistant',
      model: 'm-1',
      stop_reason: 'end_turn',
      stop_sequence: null,
    },
    content: [{ type: 'text', text }],
    usage: { input_tokens: 1, output_tokens: 2 },
  }
  const events = [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...['Grü', 'ße', ' 🙂'].map((it) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: it },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 2 },
    },
    { type: 'message_stop' },
  ].map((it) => `event: ${it.type}\ndata: ${JSON.stringify(it)}\n\n`)
  const hello = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] }
  const run = (use: (client: Anthropic) => unknown) => (it: Tools) =>
    attempt(() =>
      use(new Anthropic({ apiKey: 'k', baseURL: it.url, fetch: it.fetch, maxRetries: 1 })),
    )

  test('behavior: a whole answer, after a 529', async () => {
    const body = JSON.stringify(message)
    const { inferences, requests } = await bothWays(
      server,
      (call) =>
        call.attempt === 0
          ? void call.response.writeHead(529, { 'retry-after-ms': '1' }).end()
          : json(body)(call),
      run((client) => client.messages.create(hello).withResponse()),
    )
    expectInference(inferences, { outcome: 'complete', response: body, requests })
    expect(inferences[0]).toMatchObject({
      'output.text.sha256': sha256(text),
      finish_reason: 'end_turn',
    })
  })

  test('behavior: a stream, its events, its end', async () => {
    const { inferences, requests } = await bothWays(
      server,
      stream(events),
      run(async (client) => {
        const runner = client.messages.stream(hello)
        const seen: unknown[] = []
        runner.on('text', (delta) => seen.push(delta))
        return { final: await runner.finalMessage(), seen }
      }),
    )
    expectInference(inferences, { outcome: 'complete', response: events.join(''), requests })
    expect(inferences[0]).toMatchObject({
      'output.text.sha256': sha256(text),
      finish_reason: 'end_turn',
    })
  })

  test('behavior: a loop that breaks, and a stream that breaks', async () => {
    const { inferences } = await bothWays(
      server,
      async (call) => {
        call.response.writeHead(200, { 'content-type': 'text/event-stream' })
        await drip(call.response, events.slice(0, 4))
        if (call.attempt === 1) call.response.destroy()
      },
      run(async (client) => {
        const early: unknown[] = []
        for await (const it of await client.messages.create({ ...hello, stream: true })) {
          early.push(it)
          if (early.length === 2) break
        }
        const late = await client.messages.create({ ...hello, stream: true })
        return { early, late: await settled(all(late)) }
      }),
    )
    expect(inferences.map((it) => it.outcome)).toEqual(['truncated', 'error'])
  })
})
