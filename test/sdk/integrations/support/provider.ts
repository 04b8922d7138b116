import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that answers as providers do. What it does is asked for by the model's name. */
export type Provider = {
  /** Without a path. */
  origin: string
  /** Path of each request, query included. */
  paths: string[]
  stop(): Promise<void>
}

type Body = { model?: string; stream?: boolean; input?: unknown; messages?: { role: string }[] }

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

/**
 * Starts it.
 *
 * @param options - `ids`: gives the ids of answers; default: each its own. `requestIds`: whether to say `x-request-id` too.
 */
export async function startProvider(
  options: { ids?: (n: number) => string; requestIds?: boolean } = {},
): Promise<Provider> {
  const { ids = (n) => `answer-${n}`, requestIds = true } = options
  const paths: string[] = []
  const tries = new Map<string, number>()

  function respond(path: string, body: Body, response: ServerResponse): void {
    const { model = '', stream } = body
    const id = ids(paths.length)
    const tried = (tries.get(model) ?? 0) + 1
    tries.set(model, tried)
    if (model.startsWith('flaky') && tried === 1) {
      response.writeHead(500, { 'x-should-retry': 'true', 'retry-after-ms': '1' }).end()
      return
    }
    const anthropic = path.endsWith('/messages')
    response.setHeader(
      'content-type',
      stream ? 'text/event-stream' : model === 'speech' ? 'audio/mpeg' : 'application/json',
    )
    if (requestIds) {
      response.setHeader(anthropic ? 'request-id' : 'x-request-id', `req-${paths.length}`)
    }
    if (model === 'speech') response.end(Buffer.from([0xff, 0xfb, 0x90, 0x00, 1, 2, 3]))
    else if (path.endsWith('/embeddings')) response.end(embeddings(model, body.input))
    else if (path.endsWith('/images/generations')) response.end(image())
    else if (path.endsWith('/responses')) answerResponses(id, model, stream, response)
    else if (anthropic) answerMessages(id, model, stream, response)
    else if (model === 'tools' && !body.messages?.some(({ role }) => role === 'tool')) {
      response.end(toolCall(id))
    } else answerChat(id, model, stream, response)
  }

  const server = createServer((request: IncomingMessage, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const path = request.url ?? ''
      paths.push(path)
      const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Body
      respond(path.split('?')[0] ?? '', body, response)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const events = (list: readonly object[]) =>
  list.map(
    (it) => `event: ${(it as { type?: string }).type ?? ''}\ndata: ${JSON.stringify(it)}\n\n`,
  )

function answerChat(id: string, model: string, stream: unknown, response: ServerResponse): void {
  const head = { id, model: `${model}-1`, created: 1_700_000_000 }
  if (!stream) {
    const content = model === 'object' ? '{"greeting":"Grüße"}' : 'Grüße'
    const message = { role: 'assistant', content }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    response.end(JSON.stringify({ ...head, object: 'chat.completion', choices, usage }))
    return
  }
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  })
  for (const it of [
    chunk({ role: 'assistant', content: 'Grü' }, null),
    chunk({ content: 'ße' }, null),
    chunk({}, 'stop'),
  ]) {
    response.write(`data: ${JSON.stringify(it)}\n\n`)
  }
  if (model !== 'endless') response.end('data: [DONE]\n\n')
}

function answerResponses(id: string, model: string, stream: unknown, response: ServerResponse) {
  const content = [{ type: 'output_text', text: 'Grüße', annotations: [] }]
  const item = { type: 'message', id: 'item-1', role: 'assistant', status: 'completed', content }
  const whole = {
    ...{ id, object: 'response', created_at: 1_700_000_000, model: `${model}-1` },
    ...{ status: 'completed', output: [item], parallel_tool_calls: true, tools: [] },
    usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
  }
  if (!stream) return void response.end(JSON.stringify(whole))
  const at = { output_index: 0, item_id: 'item-1', content_index: 0 }
  const list = [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } },
    { type: 'response.output_item.added', ...at, item: { ...item, content: [] } },
    { type: 'response.content_part.added', ...at, part: { ...content[0], text: '' } },
    { type: 'response.output_text.delta', ...at, delta: 'Grüße' },
    { type: 'response.output_text.done', ...at, text: 'Grüße' },
    { type: 'response.content_part.done', ...at, part: content[0] },
    { type: 'response.output_item.done', ...at, item },
    { type: 'response.completed', response: whole },
  ]
  response.end(events(list.map((it, i) => ({ ...it, sequence_number: i }))).join(''))
}

function answerMessages(id: string, model: string, stream: unknown, response: ServerResponse) {
  const usage = { input_tokens: 3, output_tokens: 2 }
  const head = { id, type: 'message', role: 'assistant', model: `${model}-1`, usage }
  const content = [{ type: 'text', text: 'Grüße' }]
  const end = { stop_reason: 'end_turn', stop_sequence: null }
  if (!stream) return void response.end(JSON.stringify({ ...head, content, ...end }))
  const list = [
    {
      type: 'message_start',
      message: { ...head, content: [], stop_reason: null, stop_sequence: null },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: end, usage },
    { type: 'message_stop' },
  ]
  response.end(events(list).join(''))
}

function toolCall(id: string): string {
  const call = { id: 'call-1', type: 'function', function: { name: 'now', arguments: '{}' } }
  const message = { role: 'assistant', content: null, tool_calls: [call] }
  const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
  return JSON.stringify({ id, model: 'tools-1', created: 1_700_000_000, choices, usage })
}

function embeddings(model: string, input: unknown): string {
  const inputs = Array.isArray(input) ? input : [input]
  const data = inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.5, -0.25] }))
  return JSON.stringify({ object: 'list', data, model, usage })
}

function image(): string {
  return JSON.stringify({ created: 1_700_000_000, data: [{ b64_json: 'iVBORw0KGgo=' }] })
}
