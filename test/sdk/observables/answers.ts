import { once } from 'node:events'
import { drip, pause, type Script } from './server.ts'

/** Answers as OpenAI gives them, and ways to give any. */
export const text = 'Grüße 🙂'
export const tools = [
  { id: 'call-1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
]
export const completion = (message: object, finish_reason = 'stop') =>
  JSON.stringify({
    ...{ id: 'c-1', object: 'chat.completion', created: 1, model: 'm-1' },
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  })
export const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({
    ...{ id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'm-1' },
    choices: [{ index: 0, delta, finish_reason }],
  })}\r\n\r\n`
export const words = [
  ...['Grü', 'ße', ' 🙂'].map((content) => chunk({ content })),
  chunk({}, 'stop'),
]

export const json =
  (body: string): Script =>
  ({ response }) =>
    void response
      .writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'r-1' })
      .end(body)
export const stream =
  (pieces: readonly string[]): Script =>
  async ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    await drip(response, pieces)
    // OpenAI's client leaves at [DONE]: which of the two ends first must not hang on how busy the machine is.
    if (pieces.at(-1) === done) await Promise.race([once(response, 'close'), pause(150)])
    response.end()
  }
export const endless: Script = async ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  await drip(response, words.slice(0, 2))
}
export const done = 'data: [DONE]\n\n'
export const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] }

/** All that an iterable gives. */
export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}
