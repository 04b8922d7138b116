import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Recorder } from '@assay/sdk'
import OpenAI from 'openai'
import type { Hex } from 'viem'

/** A server that answers as OpenAI does. */
export type ChatServer = {
  baseURL: string
  /** Bodies as they came in and went out, by the provider's id. */
  seen: ReadonlyMap<string, { request: string; response: string }>
  /** A client whose calls are recorded. */
  client: (recorder: Recorder) => OpenAI
  stop: () => void
}

/** A question; what the answer does is asked for by the model's name. */
export const ask = (model: string) => ({
  model,
  messages: [{ role: 'user' as const, content: 'Hi' }],
})

export const digest = (text: string): Hex => `0x${createHash('sha256').update(text).digest('hex')}`

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

/** Answers streamed or whole; `endless` hangs. @returns The answer, and whether it is over. */
function answer(
  id: string,
  body: string,
  write: (text: string) => void,
  head: (status: number, type: string) => void,
): { response: string; isOver: boolean } {
  const { model, stream } = JSON.parse(body) as { model: string; stream?: boolean }
  let response = ''
  const send = (text: string) => {
    response += text
    write(text)
  }
  if (stream) {
    head(200, 'text/event-stream')
    const event = (delta: object, finish: string | null) =>
      send(
        `data: ${JSON.stringify({ id, model: `${model}-1`, choices: [{ index: 0, delta, finish_reason: finish }] })}\r\n\r\n`,
      )
    for (const content of ['Grü', 'ße', ' 🙂']) event({ content }, null)
    if (model !== 'endless') {
      event({}, 'stop')
      send('data: [DONE]\n\n')
    }
  } else {
    head(200, 'application/json')
    const message = { role: 'assistant', content: 'Grüße 🙂' }
    send(
      JSON.stringify({
        id,
        model: `${model}-1`,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    )
  }
  return { response, isOver: model !== 'endless' }
}

export async function startChatServer(): Promise<ChatServer> {
  const seen = new Map<string, { request: string; response: string }>()
  let failures = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      if (request.url === '/v1/models') {
        response.setHeader('content-type', 'application/json').end('{"data":[]}')
      } else if (body.includes('flaky') && failures++ === 0) {
        response.writeHead(500, { 'x-should-retry': 'true' }).end()
      } else if (body.includes('refused')) {
        response
          .writeHead(400, { 'content-type': 'application/json' })
          .end('{"error":{"message":"no"}}')
      } else {
        const id = `chatcmpl-${seen.size + 1}`
        const { response: whole, isOver } = answer(
          id,
          body,
          (text) => response.write(text),
          (status, type) => response.writeHead(status, { 'content-type': type }),
        )
        seen.set(id, { request: body, response: whole })
        if (isOver) response.end()
      }
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return {
    baseURL,
    seen,
    client: ({ fetch }) => new OpenAI({ apiKey: 'k', baseURL, fetch, maxRetries: 1 }),
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
