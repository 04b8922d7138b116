import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { completion, done, endless, json, stream, text, tools, words } from './answers.ts'
import { bothWays, expectInference, type Fetch } from './both-ways.ts'
import { type HostileServer, sha256, startHostileServer } from './server.ts'
import { attempt } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

type Tools = { fetch: Fetch; url: string }

describe('the AI SDK', () => {
  const model = ({ fetch, url }: Tools) =>
    createOpenAI({ apiKey: 'k', baseURL: `${url}/v1`, fetch }).chat('m')

  test('behavior: generateText, with a retry and a tool', async () => {
    const bodies = [
      completion({ content: null, tool_calls: tools }, 'tool_calls'),
      completion({ content: text }),
    ]
    const { inferences } = await bothWays(
      server,
      (call) =>
        call.attempt === 0
          ? void call.response.writeHead(500, { 'retry-after-ms': '1' }).end()
          : json(bodies[call.attempt - 1] ?? '')(call),
      (it) =>
        attempt(async () => {
          const result = await generateText({
            model: model(it),
            prompt: 'Hi',
            maxRetries: 1,
            tools: { add: tool({ inputSchema: z.object({ a: z.number() }), execute: () => '2' }) },
            stopWhen: ({ steps }) => steps.length > 1,
          })
          return {
            text: result.text,
            usage: result.usage,
            calls: result.steps.map((step) => step.toolCalls),
          }
        }),
    )
    expect(inferences.map((it) => it['response.sha256'])).toEqual(bodies.map((it) => sha256(it)))
  })

  test('behavior: streamText', async () => {
    const { inferences, requests } = await bothWays(server, stream([...words, done]), (it) =>
      attempt(async () => {
        const result = streamText({ model: model(it), prompt: 'Hi' })
        const seen: unknown[] = []
        for await (const piece of result.textStream) seen.push(piece)
        return { seen, finish: await result.finishReason }
      }),
    )
    expectInference(inferences, {
      outcome: 'complete',
      response: [...words, done].join(''),
      requests,
    })
  })

  test('behavior: streamText that is aborted', async () => {
    const { inferences, requests } = await bothWays(server, endless, (it) =>
      attempt(async () => {
        const controller = new AbortController()
        const { textStream } = streamText({
          model: model(it),
          prompt: 'Hi',
          abortSignal: controller.signal,
        })
        const seen: unknown[] = []
        for await (const piece of textStream)
          if (seen.push(piece) === 1) setTimeout(() => controller.abort(), 50)
        return seen
      }),
    )
    expect(requests[0]?.ending).toBe('closed')
    expect(inferences.map((it) => it.outcome)).toEqual(['aborted'])
  })
})
