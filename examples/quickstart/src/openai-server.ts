import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { LanguageModel } from './language-model.ts'
import { OpenAiError, toOpenAiError } from './openai-errors.ts'
import {
  AnswerWriter,
  CHAT_FORMAT,
  COMPLETION_FORMAT,
  usageOf,
  type AnswerFormat,
} from './openai-format.ts'
import { parseChatRequest, parseCompletionRequest, type AnswerRequest } from './openai-request.ts'
import { eventStream } from './openai-stream.ts'

/** Name under which the quickstart serves its language model. */
export const DEFAULT_MODEL_NAME = 'assay-quickstart-lm'

/** Largest request body in bytes. */
const MAX_BODY_BYTES = 64 * 1024

/** What the server needs. */
export interface OpenAiAppOptions {
  readonly model: LanguageModel
  /** The `model` that clients ask for. Default `assay-quickstart-lm`. */
  readonly modelName?: string
  /** If set, every request needs `Authorization: Bearer <apiKey>`. */
  readonly apiKey?: string
}

/** A server that speaks the OpenAI API for one local model. Serve it with `app.fetch`. */
export function createOpenAiApp({
  model,
  modelName = DEFAULT_MODEL_NAME,
  apiKey,
}: OpenAiAppOptions): Hono {
  const app = new Hono()
  const entry = {
    id: modelName,
    object: 'model',
    created: Math.floor(Date.now() / 1000),
    owned_by: 'assay-quickstart',
  }

  function requireModel(name: string): void {
    if (name === modelName) return
    const message = `The model '${name}' does not exist.`
    throw new OpenAiError(404, 'model_not_found', message, 'model')
  }

  async function answer(
    context: Context,
    format: AnswerFormat,
    request: AnswerRequest,
  ): Promise<Response> {
    requireModel(request.model)
    const reader = new AbortController()
    const signal = AbortSignal.any([context.req.raw.signal, reader.signal])
    const events = model.generate({ ...request.generation, signal })
    const writer = new AnswerWriter(format, modelName, model.fingerprint)
    if (request.stream) {
      const body = eventStream(events, writer, request.includeUsage, () => reader.abort())
      return context.body(body, 200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
      })
    }
    let text = ''
    for await (const event of events) {
      text += event.text
      if (event.type === 'end') {
        const usage = usageOf(event.promptTokens, event.completionTokens)
        return context.json(writer.whole(text, event.finishReason, usage))
      }
    }
    throw new OpenAiError(500, 'internal_error', 'The model stopped without a result.')
  }

  app.onError((error, context) => {
    const shown = toOpenAiError(error)
    return Response.json(shown.body(), { status: shown.status, headers: context.res.headers })
  })
  app.notFound((context) => {
    const message = `Unknown request URL: ${context.req.method} ${context.req.path}.`
    return context.json(new OpenAiError(404, 'unknown_url', message).body(), 404)
  })
  if (apiKey !== undefined) app.use(requireKey(apiKey))
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new OpenAiError(413, 'request_too_large', `Send at most ${MAX_BODY_BYTES} bytes.`)
      },
    }),
  )

  app.get('/v1/models', (context) => context.json({ object: 'list', data: [entry] }))
  app.get('/v1/models/:id', (context) => {
    requireModel(context.req.param('id'))
    return context.json(entry)
  })
  app.post('/v1/chat/completions', async (context) =>
    answer(context, CHAT_FORMAT, parseChatRequest(await context.req.text())),
  )
  app.post('/v1/completions', async (context) =>
    answer(context, COMPLETION_FORMAT, parseCompletionRequest(await context.req.text())),
  )
  return app
}

function requireKey(apiKey: string): MiddlewareHandler {
  // Hashes have equal length, which the comparison in constant time needs.
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(`Bearer ${apiKey}`)
  return async (context, next) => {
    const given = context.req.header('authorization')
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      const problem = given === undefined ? 'No API key was given' : 'The API key is wrong'
      throw new OpenAiError(401, 'invalid_api_key', `${problem}: send it as a bearer token.`)
    }
    await next()
  }
}
