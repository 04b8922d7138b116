import { AuthenticationError, BadRequestError, NotFoundError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ModelFileError } from '../../../examples/quickstart/src/errors.ts'
import { type LanguageModel } from '../../../examples/quickstart/src/language-model.ts'
import { createOpenAiApp } from '../../../examples/quickstart/src/openai-server.ts'
import { MODEL, type ModelServer, question, startModelServer } from '../support/model-server.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer()
})
afterAll(() => server.close())

describe('what the OpenAI-compatible server refuses', () => {
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
    const create = server.client().chat.completions.create(body as typeof question)
    const error: unknown = await create.catch((e: unknown) => e)
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, param, code, type: 'invalid_request_error' })
  })

  test('refuses an unknown model', async () => {
    const other = server.client().chat.completions.create({ ...question, model: 'gpt-5' })
    await expect(other).rejects.toThrow(NotFoundError)
    await expect(server.client().models.retrieve('gpt-5')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })

  test('asks for the key if one is set', async () => {
    await expect(server.client({}, 'secret').models.list()).rejects.toThrow(AuthenticationError)
    const page = await server.client({ apiKey: 'secret' }, 'secret').models.list()
    expect(page.data).toHaveLength(1)
    const app = createOpenAiApp({ model: server.model, apiKey: 'secret' })
    expect((await app.request('/v1/models')).status).toBe(401)
  })

  test.each<[string, RequestInit & { path?: string }, number, string]>([
    ['malformed JSON', { body: '{"model":' }, 400, 'invalid_json'],
    ['a JSON array', { body: '[]' }, 400, 'invalid_json'],
    ['a huge body', { body: 'x'.repeat(70_000) }, 413, 'request_too_large'],
    ['an unknown path', { path: '/v1/embeddings', body: '{}' }, 404, 'unknown_url'],
  ])('maps %s to the error shape', async (_, { path, ...init }, status, code) => {
    const app = createOpenAiApp({ model: server.model })
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
      ...server.model,
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
