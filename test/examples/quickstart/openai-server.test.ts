import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOpenAiApp } from '../../../examples/quickstart/src/openai-server.ts'
import { MODEL, type ModelServer, question, startModelServer } from '../support/model-server.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer()
})
afterAll(() => server.close())

describe('OpenAI-compatible server', () => {
  test('answers whole', async () => {
    const answer = await server.client().chat.completions.create(question)
    expect(answer.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/u)
    expect(answer).toMatchObject({ object: 'chat.completion', model: MODEL })
    expect(answer.system_fingerprint).toBe(`fp_${server.model.fingerprint}`)
    expect(Math.abs(answer.created - Date.now() / 1000)).toBeLessThan(5)
    const [choice] = answer.choices
    expect(choice).toMatchObject({ index: 0, finish_reason: 'stop' })
    expect(choice!.message.role).toBe('assistant')
    expect(choice!.message.content).toMatch(/^\S.*\.$/u)
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage!
    expect(completion_tokens).toBeGreaterThan(10)
    expect(total_tokens).toBe(prompt_tokens + completion_tokens)
  })

  test('streams the same answer, with usage if asked for', async () => {
    const whole = await server.client().chat.completions.create(question)
    const stream = await server.client().chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    expect(text).toBe(whole.choices[0]!.message.content)
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant')
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    expect(chunks[1]!.usage).toBeNull()
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  })

  test('ends the stream with [DONE] and leaves usage out by default', async () => {
    const app = createOpenAiApp({ model: server.model })
    const response = await app.request('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ ...question, stream: true }),
    })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/u)
    const text = await response.text()
    expect(text).toMatch(/\n\ndata: \[DONE\]\n\n$/u)
    expect(text).not.toContain('usage')
  })

  test('answers two streams at once as one after the other', async () => {
    const text = async (content: string) => {
      const stream = await server.client().chat.completions.create({
        ...question,
        messages: [{ role: 'user', content }],
        stream: true,
      })
      let all = ''
      for await (const chunk of stream) all += chunk.choices[0]?.delta.content ?? ''
      return all
    }
    const questions = ['What is a hash?', 'What is a nonce?', 'What is a stake?']
    const together = await Promise.all(questions.map(text))
    for (const [index, one] of questions.entries()) expect(await text(one)).toBe(together[index])
  })

  test('completes a plain prompt', async () => {
    const answer = await server.client().completions.create({
      model: MODEL,
      prompt: 'Q: What is a hash?\nA:',
      temperature: 0,
      max_tokens: 4,
    })
    expect(answer.object).toBe('text_completion')
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'length' })
    expect(answer.usage?.completion_tokens).toBe(4)
  })

  test('lists its model', async () => {
    const page = await server.client().models.list()
    expect(page.data.map(({ id }) => id)).toEqual([MODEL])
    expect((await server.client().models.retrieve(MODEL)).object).toBe('model')
  })

  test('stops the model when the client goes away', async () => {
    const controller = new AbortController()
    const stream = await server
      .client()
      .chat.completions.create({ ...question, stream: true }, { signal: controller.signal })
    const before = server.steps()
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) controller.abort()
    const ranUntilAbort = server.steps()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(server.steps()).toBe(ranUntilAbort)
    expect(ranUntilAbort - before).toBeLessThan(8)
  })

  test('accepts null for what is left to the default, and parts of text', async () => {
    const answer = await server.client().chat.completions.create({
      model: MODEL,
      messages: [
        { role: 'developer', content: 'Be short and clear.' },
        { role: 'user', content: [{ type: 'text', text: 'What is a hash?' }] },
      ],
      temperature: null,
      seed: null,
      stop: null,
      n: null,
      max_completion_tokens: 3,
    })
    expect(answer.usage?.completion_tokens).toBe(3)
  })
})
