import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, stream, text } from './answers.ts'
import { bothWays, expectInference, type Fetch } from './both-ways.ts'
import { type HostileServer, sha256, startHostileServer } from './server.ts'
import { attempt } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

type Tools = { fetch: Fetch; url: string }

describe('OpenAI’s responses API', () => {
  const whole = {
    ...{ id: 'resp-1', object: 'response', created_at: 1, model: 'm-1', status: 'completed' },
    output: [
      {
        type: 'message',
        id: 'msg-1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  }
  const event = (it: object, i: number) =>
    `event: x\ndata: ${JSON.stringify({ ...it, sequence_number: i })}\n\n`
  const part = { item_id: 'msg-1', output_index: 0, content_index: 0 }
  const events = [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...whole.output[0], content: [] },
    },
    {
      type: 'response.content_part.added',
      ...part,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...['Grü', 'ße', ' 🙂'].map((delta) => ({
      type: 'response.output_text.delta',
      ...part,
      delta,
    })),
    { type: 'response.completed', response: whole },
  ].map(event)
  const client = ({ fetch, url }: Tools) => new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, fetch })

  test('behavior: whole, and as a stream', async () => {
    const one = await bothWays(server, json(JSON.stringify(whole)), (it) =>
      attempt(() => client(it).responses.create({ model: 'm', input: 'Hi' })),
    )
    const many = await bothWays(server, stream(events), (it) =>
      attempt(async () => {
        const runner = client(it).responses.stream({ model: 'm', input: 'Hi' })
        const seen: unknown[] = []
        for await (const piece of runner) seen.push(piece)
        return { seen, final: await runner.finalResponse() }
      }),
    )
    expectInference(one.inferences, {
      outcome: 'complete',
      response: JSON.stringify(whole),
      requests: one.requests,
    })
    expectInference(many.inferences, {
      outcome: 'complete',
      response: events.join(''),
      requests: many.requests,
    })
    for (const { inferences } of [one, many]) {
      expect(inferences[0]).toMatchObject({
        'output.text.sha256': sha256(text),
        'model.returned': 'm-1',
        finish_reason: 'completed',
      })
    }
  })
})
