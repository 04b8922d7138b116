import { pause, type Script } from './server.ts'
import { type Run } from './both-ways.ts'
import { shapeOfResponse } from './shapes.ts'

export const path = '/v1/embeddings'
export const question = '{"input":"Grüße 🙂","model":"m"}'
export const bytes = () => new TextEncoder().encode(question)
export const echo: Script = ({ request, response, body }) => {
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'none' })
  response.end(body)
}

/** A stream that notes what is done to it. */
export function noted(pieces: readonly unknown[], type?: 'bytes') {
  const log: string[] = []
  const left = [...pieces]
  const source = {
    async pull(controller: ReadableStreamDefaultController | ReadableByteStreamController) {
      await pause(5)
      log.push('pull')
      if (left.length > 0) controller.enqueue(left.shift() as never)
      else {
        controller.close()
        if ('byobRequest' in controller) controller.byobRequest?.respond(0)
      }
    },
    cancel(reason: unknown) {
      log.push(`cancel ${String(reason)}`)
    },
  }
  const stream = type
    ? new ReadableStream({ ...source, type })
    : new ReadableStream(source, { highWaterMark: 0 })
  return { log, stream }
}
export const halves = () => [bytes().slice(0, 13), bytes().slice(13)]

export const sending =
  (make: () => RequestInit | Promise<RequestInit>): Run =>
  async ({ fetch, url }) => {
    const response = await fetch(url + path, { method: 'POST', ...(await make()) })
    return { shape: shapeOfResponse(response), text: await response.text() }
  }
export const half = { duplex: 'half' } as RequestInit
