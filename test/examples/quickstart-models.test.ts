import OpenAI, {
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  type ClientOptions,
} from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  GenerationAbortedError,
  InvalidGenerationOptionError,
  InvalidTransactionError,
  ModelFileError,
  QuickstartError,
} from '../../examples/quickstart/src/errors.ts'
import type { GenerationOptions } from '../../examples/quickstart/src/generation-options.ts'
import {
  loadLanguageModel,
  type GenerationEvent,
  type LanguageModel,
} from '../../examples/quickstart/src/language-model.ts'
import { createOpenAiApp } from '../../examples/quickstart/src/openai-server.ts'
import { decide } from '../../examples/quickstart/src/risk-decision.ts'
import { loadRiskModel, type RiskModel } from '../../examples/quickstart/src/risk-model.ts'
import { SAMPLE_TRANSACTIONS } from '../../examples/quickstart/src/sample-transactions.ts'
import { StopBuffer } from '../../examples/quickstart/src/stop-buffer.ts'
import type { Transaction } from '../../examples/quickstart/src/transaction.ts'

const MODEL = 'assay-quickstart-lm'
const SAFE = SAMPLE_TRANSACTIONS[0]!.transaction
const STOLEN = SAMPLE_TRANSACTIONS.at(-1)!.transaction
const nowhere = new URL('file:///nowhere/')

describe('risk model', () => {
  let model: RiskModel

  beforeAll(async () => {
    model = await loadRiskModel()
  })
  afterAll(() => model.close())

  test('ranks the samples from harmless to stolen and decides each way', async () => {
    const scores = []
    for (const { transaction } of SAMPLE_TRANSACTIONS) scores.push(await model.score(transaction))
    expect(scores[0]!.risk).toBeLessThan(0.01)
    expect(scores.at(-1)!.risk).toBeGreaterThan(0.9)
    expect(scores.map(({ decision }) => decision)).toEqual([
      'approve',
      'approve',
      'approve',
      'review',
      'decline',
      'decline',
    ])
  })

  test('gives the committed bits', async () => {
    expect((await model.score(SAFE)).risk).toBe(0.0007052719593048096)
    expect((await model.score(STOLEN)).risk).toBe(0.971767783164978)
  })

  test('answers concurrent callers like one after the other', async () => {
    const transactions = SAMPLE_TRANSACTIONS.map(({ transaction }) => transaction)
    const together = await Promise.all(transactions.map((one) => model.score(one)))
    for (const [index, one] of transactions.entries()) {
      expect(await model.score(one)).toEqual(together[index])
    }
  })

  test.each<[string, unknown, string]>([
    ['an amount below the range', { ...SAFE, amountUsd: 0 }, 'amountUsd'],
    ['an amount that is not a number', { ...SAFE, amountUsd: NaN }, 'amountUsd'],
    ['a number in a text', { ...SAFE, distanceKm: '3' }, 'distanceKm'],
    ['the hour 24', { ...SAFE, hourOfDay: 24 }, 'hourOfDay'],
    ['half a failed login', { ...SAFE, failedLogins24h: 0.5 }, 'failedLogins24h'],
    ['a flag that is a number', { ...SAFE, newPayee: 1 }, 'newPayee'],
    ['a missing field', { ...SAFE, newDevice: undefined }, 'newDevice'],
    ['an unknown field', { ...SAFE, country: 'FR' }, 'country'],
    ['no object', null, 'transaction'],
  ])('refuses %s', async (_, transaction, field) => {
    const error: unknown = await model.score(transaction as Transaction).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(InvalidTransactionError)
    expect(error).toBeInstanceOf(QuickstartError)
    expect(error).toMatchObject({ field, code: 'invalid_transaction' })
  })

  test('decides at the limits', () => {
    expect([0.1499, 0.15, 0.5999, 0.6].map((risk) => decide(risk))).toEqual([
      'approve',
      'review',
      'review',
      'decline',
    ])
    expect(decide(0.2, { review: 0.3, decline: 0.9 })).toBe('approve')
  })

  test('names the file that is missing', async () => {
    await expect(loadRiskModel({ files: nowhere })).rejects.toThrow(ModelFileError)
  })
})

describe('language model', () => {
  let model: LanguageModel

  beforeAll(async () => {
    model = await loadLanguageModel()
  })
  afterAll(() => model.close())

  async function run(options: GenerationOptions): Promise<{
    text: string
    end: GenerationEvent & { type: 'end' }
    tokens: number[]
  }> {
    let text = ''
    const tokens: number[] = []
    for await (const event of model.generate(options)) {
      text += event.text
      if (event.type === 'end') return { text, end: event, tokens }
      tokens.push(event.id)
    }
    throw new TypeError('the generation has no end')
  }
  const ask = (content: string, options: GenerationOptions = {}) =>
    run({ messages: [{ role: 'user', content }], temperature: 0, ...options })

  test('answers in words that fit the question', async () => {
    expect((await ask('What is a Merkle tree?')).text).toMatch(/hash/u)
    expect((await ask('Why was my payment declined?')).text).toMatch(/payee|risk/u)
  })

  test('repeats an answer for a seed and varies it between seeds', async () => {
    const sampled = (seed: number) =>
      run({ prompt: 'A tree of', temperature: 1.3, topP: 0.95, seed, maxTokens: 40 })
    expect(await sampled(7)).toEqual(await sampled(7))
    const texts = await Promise.all(
      [1, 2, 3, 2 ** 40].map(async (seed) => (await sampled(seed)).text),
    )
    expect(new Set(texts).size).toBeGreaterThan(1)
  })

  test('answers different prompts differently', async () => {
    expect((await ask('What is a seed?')).text).not.toBe((await ask('What is gas?')).text)
  })

  test('reads its state', async () => {
    const token = model.tokenizer.encode(' hash')[0]!
    const fresh = await model.step(token)
    const later = await model.step(token, fresh.state)
    expect(fresh.logits).toHaveLength(model.tokenizer.size)
    expect(later.logits).not.toEqual(fresh.logits)
    expect((await model.step(token)).logits).toEqual(fresh.logits)
  })

  test('counts tokens and obeys the limit', async () => {
    const { tokens, end } = await ask('What is a hash?', { maxTokens: 5 })
    expect(tokens).toHaveLength(5)
    expect(end).toMatchObject({ finishReason: 'length', completionTokens: 5 })
    const turn = model.tokenizer.encodeTurn('user', 'What is a hash?')
    expect(end.promptTokens).toBe(turn.length + 1)
    expect((await ask('What is a hash?')).end.finishReason).toBe('stop')
  })

  test('ends before a stop text, even one that spans tokens', async () => {
    const { text } = await ask('What is a hash?')
    const stop = text.slice(7, 19)
    const stopped = await ask('What is a hash?', { stop: ['never', stop] })
    expect(stopped.text).toBe(text.slice(0, 7))
    expect(stopped.end.finishReason).toBe('stop')
  })

  test('stops when its caller aborts', async () => {
    const controller = new AbortController()
    let seen = 0
    const generation = (async () => {
      const messages = [{ role: 'user', content: 'What is a hash?' }] as const
      for await (const event of model.generate({ messages, signal: controller.signal })) {
        if (event.type === 'token' && ++seen === 3) controller.abort()
      }
    })()
    await expect(generation).rejects.toThrow(GenerationAbortedError)
    expect(seen).toBe(3)
  })

  test.each<[string, GenerationOptions]>([
    ['prompt', {}],
    ['prompt', { prompt: 'a', messages: [] }],
    ['messages', { messages: [] }],
    ['prompt', { prompt: 'word '.repeat(5_000) }],
    ['maxTokens', { prompt: 'a', maxTokens: 0 }],
    ['temperature', { prompt: 'a', temperature: 2.1 }],
    ['topP', { prompt: 'a', topP: 0 }],
    ['seed', { prompt: 'a', seed: 0.5 }],
    ['stop', { prompt: 'a', stop: [''] }],
  ])('refuses a wrong %s at once', (option, options) => {
    expect(() => model.generate(options)).toThrow(InvalidGenerationOptionError)
    expect(() => model.generate(options)).toThrow(expect.objectContaining({ option }))
  })

  test('encodes any text and decodes what it knows', () => {
    const text = 'Hashes & roots: 100% {checked}!'
    const ids = model.tokenizer.encode(text)
    expect(ids.map((id) => model.tokenizer.piece(id)).join('')).toBe(text)
    expect(model.tokenizer.encode('é')).toEqual([0])
    // A role marker inside a message does not become a turn.
    expect(model.tokenizer.encodeTurn('user', 'A: yes\nQ: no').filter((id) => id === 4)).toEqual([])
  })

  test('names the file that is missing', async () => {
    await expect(loadLanguageModel(nowhere)).rejects.toThrow(ModelFileError)
  })
})

test('a stop buffer holds back only what may become a stop text', () => {
  const buffer = new StopBuffer(['END'])
  buffer.add('so E')
  expect(buffer.release()).toBe('so ')
  buffer.add('asy')
  expect(buffer.release()).toBe('Easy')
  buffer.add(' EN')
  expect(buffer.release()).toBe(' ')
  buffer.add('D of it')
  expect(buffer.stopped).toBe(true)
  expect(buffer.release() + buffer.flush()).toBe('')
})

describe('OpenAI-compatible server', () => {
  let model: LanguageModel
  let stepsRun = 0

  beforeAll(async () => {
    const loaded = await loadLanguageModel()
    async function* counted(events: AsyncIterable<GenerationEvent>) {
      for await (const event of events) {
        stepsRun++
        yield event
      }
    }
    model = { ...loaded, generate: (options) => counted(loaded.generate(options)) }
  })
  afterAll(() => model.close())

  function client(options: ClientOptions = {}, apiKey?: string): OpenAI {
    const app = createOpenAiApp({ model, ...(apiKey !== undefined && { apiKey }) })
    return new OpenAI({
      apiKey: 'any',
      baseURL: 'http://quickstart.test/v1',
      maxRetries: 0,
      fetch: async (url, init) => app.fetch(new Request(url, init)),
      ...options,
    })
  }
  const question = {
    model: MODEL,
    messages: [{ role: 'user' as const, content: 'What is verifiable inference?' }],
    temperature: 0,
  }

  test('answers whole', async () => {
    const answer = await client().chat.completions.create(question)
    expect(answer.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/u)
    expect(answer).toMatchObject({ object: 'chat.completion', model: MODEL })
    expect(answer.system_fingerprint).toBe(`fp_${model.fingerprint}`)
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
    const whole = await client().chat.completions.create(question)
    const stream = await client().chat.completions.create({
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
    const app = createOpenAiApp({ model })
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
      const stream = await client().chat.completions.create({
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
    const answer = await client().completions.create({
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
    const page = await client().models.list()
    expect(page.data.map(({ id }) => id)).toEqual([MODEL])
    expect((await client().models.retrieve(MODEL)).object).toBe('model')
  })

  test('stops the model when the client goes away', async () => {
    const controller = new AbortController()
    const stream = await client().chat.completions.create(
      { ...question, stream: true },
      { signal: controller.signal },
    )
    stepsRun = 0
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) controller.abort()
    const ranUntilAbort = stepsRun
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(stepsRun).toBe(ranUntilAbort)
    expect(ranUntilAbort).toBeLessThan(8)
  })

  test.each<[string, object, string | null, string]>([
    ['no messages', { model: MODEL }, 'messages', 'missing_required_parameter'],
    ['no model', { messages: question.messages }, 'model', 'missing_required_parameter'],
    ['empty messages', { ...question, messages: [] }, 'messages', 'invalid_value'],
    [
      'an unknown role',
      { ...question, messages: [{ role: 'robot', content: '' }] },
      'messages[0].role',
      'invalid_value',
    ],
    [
      'an image',
      { ...question, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content',
      'invalid_value',
    ],
    ['a high temperature', { ...question, temperature: 2.5 }, 'temperature', 'invalid_value'],
    ['top_p 0', { ...question, top_p: 0 }, 'top_p', 'invalid_value'],
    ['max_tokens 0', { ...question, max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    ['five stop texts', { ...question, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'invalid_value'],
    ['two choices', { ...question, n: 2 }, 'n', 'unsupported_parameter'],
    ['tools', { ...question, tools: [{}] }, 'tools', 'unsupported_parameter'],
    [
      'a long prompt',
      { ...question, stream: true, messages: [{ role: 'user', content: 'hash '.repeat(9_000) }] },
      'messages',
      'invalid_value',
    ],
  ])('refuses %s', async (_, body, param, code) => {
    const create = client().chat.completions.create(body as typeof question)
    const error: unknown = await create.catch((e: unknown) => e)
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, param, code, type: 'invalid_request_error' })
  })

  test('accepts null for what is left to the default, and parts of text', async () => {
    const answer = await client().chat.completions.create({
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

  test('refuses an unknown model', async () => {
    const other = client().chat.completions.create({ ...question, model: 'gpt-5' })
    await expect(other).rejects.toThrow(NotFoundError)
    await expect(client().models.retrieve('gpt-5')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })

  test('asks for the key if one is set', async () => {
    await expect(client({}, 'secret').models.list()).rejects.toThrow(AuthenticationError)
    const page = await client({ apiKey: 'secret' }, 'secret').models.list()
    expect(page.data).toHaveLength(1)
    const app = createOpenAiApp({ model, apiKey: 'secret' })
    expect((await app.request('/v1/models')).status).toBe(401)
  })

  test.each<[string, RequestInit & { path?: string }, number, string]>([
    ['malformed JSON', { body: '{"model":' }, 400, 'invalid_json'],
    ['a JSON array', { body: '[]' }, 400, 'invalid_json'],
    ['a huge body', { body: 'x'.repeat(70_000) }, 413, 'request_too_large'],
    ['an unknown path', { path: '/v1/embeddings', body: '{}' }, 404, 'unknown_url'],
  ])('maps %s to the error shape', async (_, { path, ...init }, status, code) => {
    const app = createOpenAiApp({ model })
    const response = await app.request(path ?? '/v1/chat/completions', { method: 'POST', ...init })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({
      error: {
        message: expect.stringMatching(/\.$/u) as string,
        type: 'invalid_request_error',
        param: null,
        code,
      },
    })
  })

  test('does not show internals when the model fails', async () => {
    const broken: LanguageModel = {
      ...model,
      // eslint-disable-next-line require-yield
      async *generate() {
        throw new ModelFileError('/secret/path', 'is gone')
      },
    }
    const app = createOpenAiApp({ model: broken })
    const post = (body: object) =>
      app.request('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body) })
    const response = await post(question)
    expect(response.status).toBe(500)
    const shown = await response.text()
    expect(shown).toContain('internal_error')
    expect(shown).not.toContain('secret')
    const streamed = await (await post({ ...question, stream: true })).text()
    expect(streamed).toContain('"type":"server_error"')
    expect(streamed).not.toContain('secret')
  })
})
