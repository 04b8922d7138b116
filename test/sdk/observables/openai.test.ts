import OpenAI, { AzureOpenAI } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ask, completion, done, endless, json, stream, text, tools, words } from './answers.ts'
import { bothWays, expectInference, type Fetch } from './both-ways.ts'
import {
  drip,
  type HostileServer,
  pause,
  type Script,
  sha256,
  startHostileServer,
} from './server.ts'
import { attempt, settled, shapeOfResponse } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

type Tools = { fetch: Fetch; url: string }
const makes: Record<string, (tools: Tools) => OpenAI> = {
  OpenAI: ({ fetch, url }) =>
    new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, fetch, maxRetries: 1 }),
  AzureOpenAI: ({ fetch, url }) =>
    new AzureOpenAI({
      apiKey: 'k',
      endpoint: url,
      apiVersion: '2025-01-01-preview',
      fetch,
      maxRetries: 1,
    }),
  'OpenAI at another address': ({ fetch, url }) =>
    new OpenAI({ apiKey: 'k', baseURL: `${url}/some/where/openai`, fetch, maxRetries: 1 }),
}

for (const [name, make] of Object.entries(makes)) {
  describe(name, () => {
    const run = (use: (client: OpenAI) => unknown) => (it: Tools) => attempt(() => use(make(it)))

    test('behavior: a whole answer', async () => {
      const body = completion({ content: text })
      const { inferences, requests } = await bothWays(
        server,
        json(body),
        run((client) => client.chat.completions.create(ask)),
      )
      expectInference(inferences, { outcome: 'complete', response: body, requests })
      expect(inferences[0]).toMatchObject({
        endpoint: server.url + (requests[0]?.path.replace(/\?.*/, '') ?? ''),
        'output.text.sha256': sha256(text),
        finish_reason: 'stop',
      })
    })

    test('behavior: withResponse and asResponse', async () => {
      const body = completion({ content: text })
      const { inferences } = await bothWays(
        server,
        json(body),
        run(async (client) => {
          const { data, response, request_id } = await client.chat.completions
            .create(ask)
            .withResponse()
          const bare = await client.chat.completions.create(ask).asResponse()
          const before = shapeOfResponse(bare)
          return { data, response, request_id, before, json: await bare.json() }
        }),
      )
      expect(inferences.map((it) => it['response.sha256'])).toEqual([sha256(body), sha256(body)])
    })

    test('behavior: parse, and text that does not parse', async () => {
      const format = zodResponseFormat(z.object({ a: z.number() }), 'it')
      for (const content of ['{"a":1}', '{"a":"x"}']) {
        const body = completion({ content })
        const { inferences, requests } = await bothWays(
          server,
          json(body),
          run((client) => client.chat.completions.parse({ ...ask, response_format: format })),
        )
        expectInference(inferences, { outcome: 'complete', response: body, requests })
      }
    })

    test('behavior: tool calls', async () => {
      const body = completion({ content: null, tool_calls: tools }, 'tool_calls')
      const { inferences, requests } = await bothWays(
        server,
        json(body),
        run((client) => client.chat.completions.create(ask)),
      )
      expectInference(inferences, { outcome: 'complete', response: body, requests })
      expect(inferences[0]?.finish_reason).toBe('tool_calls')
    })

    test('behavior: runTools calls twice, which is two inferences', async () => {
      const bodies = [
        completion({ content: null, tool_calls: tools }, 'tool_calls'),
        completion({ content: '2' }),
      ]
      const { inferences } = await bothWays(
        server,
        (call) => json(bodies[call.attempt] ?? '')(call),
        run((client) =>
          client.chat.completions
            .runTools({
              ...ask,
              tools: [
                {
                  type: 'function',
                  function: {
                    name: 'add',
                    description: 'adds',
                    parameters: {},
                    parse: (text: string) => JSON.parse(text) as object,
                    function: () => '2',
                  },
                },
              ],
            })
            .finalContent(),
        ),
      )
      expect(inferences.map((it) => it['response.sha256'])).toEqual(bodies.map((it) => sha256(it)))
    })

    for (const [ending, pieces] of Object.entries({
      '[DONE]': [...words, done],
      'no [DONE]': words,
      comments: [': ping\n\n', ...words, ': ping\n\n', done],
      nothing: [],
    })) {
      test(`behavior: a stream with ${ending}`, async () => {
        const { inferences, requests } = await bothWays(
          server,
          stream(pieces),
          run(async (client) => {
            const seen: unknown[] = []
            for await (const it of await client.chat.completions.create({ ...ask, stream: true }))
              seen.push(it)
            return seen
          }),
        )
        expectInference(inferences, { outcome: 'complete', response: pieces.join(''), requests })
        if (pieces.length > 0) expect(inferences[0]?.['output.text.sha256']).toBe(sha256(text))
      })
    }

    test('behavior: .stream() and its events', async () => {
      const { inferences, requests } = await bothWays(
        server,
        stream([...words, done]),
        run(async (client) => {
          const events: unknown[] = []
          const runner = client.chat.completions.stream(ask)
          runner.on('content', (delta, all) => events.push([delta, all]))
          runner.on('end', () => events.push('end'))
          return { final: await runner.finalChatCompletion(), events }
        }),
      )
      expectInference(inferences, {
        outcome: 'complete',
        response: [...words, done].join(''),
        requests,
      })
    })

    test('behavior: a stream in two, and as a readable stream', async () => {
      const { inferences } = await bothWays(
        server,
        stream([...words, done]),
        run(async (client) => {
          const [one, two] = (await client.chat.completions.create({ ...ask, stream: true })).tee()
          const seen: unknown[] = []
          for await (const it of one) seen.push(it)
          return { seen, text: await new Response(two.toReadableStream() as never).text() }
        }),
      )
      expect(inferences).toHaveLength(1)
    })

    test('behavior: a loop that breaks', async () => {
      const { inferences, requests } = await bothWays(
        server,
        endless,
        run(async (client) => {
          const it = await client.chat.completions.create({ ...ask, stream: true })
          for await (const first of it) return { first, aborted: it.controller.signal.aborted }
        }),
      )
      expect(requests[0]?.ending).toBe('closed')
      expectInference(inferences, { outcome: 'aborted', response: words[0] ?? '', requests })
    })

    test('error: aborted before and while the answer comes', async () => {
      const { inferences } = await bothWays(
        server,
        endless,
        run(async (client) => {
          const before = await settled(
            client.chat.completions.create(ask, { signal: AbortSignal.abort() }),
          )
          const controller = new AbortController()
          const { signal } = controller
          const it = await client.chat.completions.create({ ...ask, stream: true }, { signal })
          const seen: unknown[] = []
          const loop = (async () => {
            for await (const piece of it)
              if (seen.push(piece) === 2) setTimeout(() => controller.abort(), 20)
          })()
          return { before, loop: await settled(loop), seen }
        }),
      )
      expectInference(inferences, { outcome: 'aborted', response: words.slice(0, 2).join('') })
    })

    test('behavior: 500 and then 200 is one inference', async () => {
      const body = completion({ content: text })
      const { inferences, requests } = await bothWays(
        server,
        (call) =>
          call.attempt === 0
            ? void call.response.writeHead(500, { 'retry-after-ms': '1' }).end('{"id":"c-0"}')
            : json(body)(call),
        run((client) => client.chat.completions.create(ask)),
      )
      expect(requests).toHaveLength(2)
      expectInference(inferences, { outcome: 'complete', response: body, requests })
    })

    test('error: a refusal, a time limit, a connection that breaks, JSON that is none', async () => {
      const scripts: Record<string, Script> = {
        refusal: ({ response }) =>
          void response
            .writeHead(400, { 'content-type': 'application/json' })
            .end('{"error":{"message":"no"}}'),
        limit: () => undefined,
        broken: async ({ response }) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': 99 })
          await drip(response, ['{"id":'])
          response.destroy()
        },
        none: json('{"id":'),
      }
      const outcomes: Record<string, unknown> = {}
      for (const [kind, script] of Object.entries(scripts)) {
        const { inferences } = await bothWays(
          server,
          script,
          run((client) => client.chat.completions.create(ask, { timeout: 150, maxRetries: 0 })),
        )
        outcomes[kind] = inferences.map((it) => it.outcome)
      }
      expect(outcomes).toEqual({ refusal: [], limit: [], broken: ['error'], none: ['complete'] })
    })

    test('behavior: calls at once', async () => {
      const { inferences } = await bothWays(
        server,
        async (call) => {
          const { model } = JSON.parse(call.body.toString()) as { model: string }
          await pause(160 - 40 * Number(model))
          await json(completion({ content: model }))(call)
        },
        run(async (client) => {
          const order: string[] = []
          const answers = await Promise.all(
            ['1', '2', '3', '4'].map(async (model) => {
              const it = await client.chat.completions.create({ ...ask, model })
              order.push(model)
              return it
            }),
          )
          return { order, answers }
        }),
      )
      const texts = inferences.map((it) => [it['model.requested'], it['output.text.sha256']])
      expect(texts.sort()).toEqual(['1', '2', '3', '4'].map((it) => [it, sha256(it)]))
    })

    test('behavior: embeddings, and lists of models, which are no inference', async () => {
      const embedding = JSON.stringify({
        object: 'list',
        model: 'm-1',
        data: [{ index: 0, embedding: [1, 2] }],
      })
      const { inferences } = await bothWays(
        server,
        json(embedding),
        run(async (client) => ({
          embedding: await client.embeddings.create({
            model: 'm',
            input: 'x',
            encoding_format: 'float',
          }),
          models: (await client.models.list()).data,
        })),
      )
      expectInference(inferences, { outcome: 'complete', response: embedding })
    })
  })
}
