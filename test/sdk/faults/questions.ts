import { setTimeout as pause } from 'node:timers/promises'
import type { assayMiddleware, Captured, Recorder } from '@assay/sdk'
import { chunk, done, words } from '../observables/answers.ts'
import { drip, type Script } from '../observables/server.ts'
import { attempt, shapeOfResponse } from '../observables/shapes.ts'

/** What of a recorder an application calls, and what stands in its place without one. */
export type Way = {
  fetch: typeof fetch
  handler: (
    handler: (request: Request) => Promise<Response>,
  ) => (request: Request) => Promise<Response>
  capture: <T>(run: () => Promise<T>) => Promise<T>
  /** A call of the AI SDK's, and one that streams. */
  generate: (run: () => Promise<Response>) => Promise<Response>
  stream: (run: () => Promise<Part[]>) => Promise<Part[]>
}

type Part = { type: string; text?: string }

export const plainWay: Way = {
  fetch: (input, init) => fetch(input, init),
  handler: (handler) => handler,
  capture: (run) => run(),
  generate: (run) => run(),
  stream: (run) => run(),
}

/** @param onCaptured - Given what each capture gave. */
export function recordedWay(
  recorder: Recorder,
  middleware: ReturnType<typeof assayMiddleware>,
  onCaptured: (captured: Captured<unknown>) => void,
): Way {
  return {
    fetch: recorder.fetch,
    handler: (handler) => recorder.handler(handler),
    async capture(run) {
      const captured = await recorder.capture(run)
      onCaptured(captured)
      return captured.value
    },
    async generate(run) {
      const doGenerate = async () => ({ response: await run() })
      return (await middleware.wrapGenerate({ doGenerate })).response
    },
    async stream(run) {
      const doStream = async () => ({ stream: streamOf(await run()) })
      const { stream } = await middleware.wrapStream<Part, Awaited<ReturnType<typeof doStream>>>({
        doStream,
      })
      const parts: Part[] = []
      for await (const { type, text } of stream) parts.push(text ? { type, text } : { type })
      return parts
    },
  }
}

const path = '/v1/chat/completions'
const long = `{"id":"c-2","pad":"${'x'.repeat(200_000)}"}`
const answers: Record<string, Script> = {
  async stream({ response }) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of [...words, chunk({}, 'stop'), done]) response.write(piece)
    await pause(2)
    response.end()
  },
  async broken({ response }) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    await drip(response, words.slice(0, 1))
    response.destroy()
  },
  async endless({ response }) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    await drip(response, words.slice(0, 1))
  },
  long: ({ response }) => void response.setHeader('content-type', 'application/json').end(long),
  refused: ({ response }) => void response.writeHead(500).end('no'),
}

/** Answers as the question's `answer` header asks for. */
export const script: Script = (call) => {
  const kind = call.request.headers.answer as string | undefined
  const known = kind && answers[kind]
  if (known) return known(call)
  call.response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'r-1' })
  call.response.end(`{"id":"c-1","model":"m-1","usage":{"prompt_tokens":3},"choices":[]}`)
}

/** How many of the questions are to be recorded. */
export const recordable = 12

/** Asks in many ways, one after the other and at once, and gives all that can be seen of the answers. */
export async function ask(
  url: string,
  { fetch, handler, capture, generate, stream }: Way,
): Promise<unknown[]> {
  const seen: unknown[] = []
  const post = (answer: string, init: RequestInit = {}) =>
    fetch(url + path, {
      method: 'POST',
      body: '{"model":"m","input":"Grüße"}',
      headers: { answer },
      ...init,
    })
  const look = async (asking: Promise<Response>, read: (response: Response) => Promise<unknown>) =>
    seen.push(
      await attempt(async () => {
        const response = await asking
        return [shapeOfResponse(response), await attempt(() => read(response))]
      }),
    )
  const text = (response: Response) => response.text()
  const body = new Blob(['{"model":', '"m"}'])

  await look(post('json'), (response) => response.json())
  await look(post('stream'), text)
  await look(post('broken'), text)
  await look(post('endless'), async (response) => {
    const reader = response.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    await reader?.cancel()
    return value
  })
  await look(post('json', { body: body.stream(), duplex: 'half' } as RequestInit), text)
  await look(fetch(new Request(url + path, { method: 'POST', body: 'x' })), text)
  await look(post('refused'), text)
  await Promise.all([look(post('long'), text), look(post('long'), text)])
  const serve = handler(async (request) => Response.json({ id: 'h', said: await request.text() }))
  await look(serve(new Request(`http://localhost${path}`, { method: 'POST', body: 'y' })), text)
  await look(
    capture(() => post('json')),
    text,
  )
  await look(
    generate(() => post('json')),
    text,
  )
  const parts = async () => [{ type: 'text', text: await (await post('json')).text() }, finish]
  seen.push(await attempt(() => stream(parts)))
  return seen
}

function streamOf(parts: Part[]): ReadableStream<Part> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

const finish: Part = { type: 'finish' }
