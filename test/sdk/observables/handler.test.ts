import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type Inference, startRecorder } from './both-ways.ts'
import { pause, sha256 } from './server.ts'
import { attempt, settled, shapeOfError, shapeOfResponse } from './shapes.ts'

type Handler = (request: Request) => Response | Promise<Response>

const question = '{"model":"m"}'
const url = 'http://model.example/v1/chat/completions'
const sse = { 'content-type': 'text/event-stream' }

/** Runs a handler alone and behind the recorder, and expects what was seen of both to be the same. */
async function bothWays(handler: Handler, use: (handler: Handler) => Promise<unknown>) {
  const errors: unknown[] = []
  const { recorder, inferences } = startRecorder({ onError: (error) => errors.push(error) })
  const plain = await settled(use(async (request) => handler(request)))
  const recorded = await settled(use(recorder.handler(handler)))
  await recorder.flush()
  await recorder.shutdown()
  expect(recorded).toEqual(plain)
  return { inferences: inferences(), errors, outcome: plain }
}

const ask = (body: BodyInit = question) =>
  new Request(url, { method: 'POST', body, duplex: 'half' } as RequestInit)

/** Calls a handler and looks at the response before and after it is read. */
const reading =
  (read: (response: Response) => unknown) =>
  async (handler: Handler): Promise<unknown> => {
    const request = ask()
    const response = await handler(request)
    const before = shapeOfResponse(response)
    const result = await attempt(() => read(response))
    response.headers.set('x-later', 'yes')
    return { before, result, after: shapeOfResponse(response), used: request.bodyUsed }
  }

function one(inferences: Inference[], expected: Inference): void {
  expect(inferences).toHaveLength(1)
  expect(inferences[0]).toMatchObject(expected)
}

const echo: Handler = async (request) => new Response(await request.text(), { status: 201 })

test('default: a response that an application made', async () => {
  for (const read of [
    (it: Response) => it.text(),
    (it: Response) => it.json(),
    (it: Response) => it.clone().bytes(),
    (it: Response) => it.body?.getReader().read(),
  ]) {
    const { inferences, errors } = await bothWays(echo, reading(read))
    expect(errors).toEqual([])
    const digest = sha256(question)
    if (inferences.length > 0) one(inferences, { 'request.sha256': digest })
  }
  const { inferences } = await bothWays(
    echo,
    reading((it) => it.text()),
  )
  const digest = sha256(question)
  one(inferences, { outcome: 'complete', 'request.sha256': digest, 'response.sha256': digest })
})

test('behavior: a response of the network, of a class of its own, with members of its own', async () => {
  class Own extends Response {
    hello() {
      return `hello ${this.status}`
    }
  }
  const own = () => Object.assign(new Own('x', { headers: sse }), { mine: { deep: 1 } })
  const { inferences } = await bothWays(
    own,
    reading(async (it) => ({
      hello: (it as unknown as { hello: () => string }).hello(),
      own: it instanceof Own,
      mine: (it as unknown as { mine: unknown }).mine,
      text: await it.text(),
    })),
  )
  one(inferences, { outcome: 'complete', 'response.sha256': sha256('x') })
})

test('behavior: a stream that was closed with pieces still in it', async () => {
  const pieces = ['data: {"id":"1"}\n\n', 'data: [DONE]\n\n']
  const filled: Handler = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
          controller.close()
        },
      }),
      { headers: sse },
    )
  const { inferences } = await bothWays(
    filled,
    reading((it) => it.text()),
  )
  one(inferences, { outcome: 'complete', 'response.sha256': sha256(pieces.join('')) })
})

test('behavior: a stream of values that are no bytes is not recorded, and that is told', async () => {
  const texts: Handler = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue('a text')
          controller.close()
        },
      }),
    )
  const { inferences, errors } = await bothWays(
    texts,
    reading((it) => it.body?.getReader().read()),
  )
  expect(inferences).toEqual([])
  expect(errors).toHaveLength(1)
  await bothWays(
    texts,
    reading((it) => it.text()),
  )
})

test('behavior: a body that somebody has read from is handed on as it is, and that is told', async () => {
  const used: Handler = async () => {
    const response = new Response('x')
    await response.text()
    return response
  }
  const begun: Handler = async () => {
    const response = new Response(new Blob(['x'.repeat(200_000)]).stream())
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    reader.releaseLock()
    return response
  }
  for (const handler of [used, begun]) {
    const { inferences, errors } = await bothWays(
      handler,
      reading((it) => it.body?.cancel()),
    )
    expect([inferences.length, errors.length]).toEqual([0, 1])
  }
})

test('error: what a handler throws, at once or later', async () => {
  for (const handler of [
    () => {
      throw new RangeError('mine')
    },
    () => Promise.reject(new RangeError('mine')),
    // No response at all: what comes of it is the server's affair.
    () => undefined as unknown as Response,
    () => ({ ok: true }) as Response,
  ]) {
    const { inferences } = await bothWays(handler, async (handle) => attempt(() => handle(ask())))
    expect(inferences).toEqual([])
  }
})

test('behavior: a handler that does not read the request answers as soon', async () => {
  const never = () => new ReadableStream({ pull: () => new Promise(() => undefined) })
  const { inferences } = await bothWays(
    () => new Response('at once'),
    async (handle) => (await handle(ask(never()))).text(),
  )
  one(inferences, { outcome: 'complete', 'response.sha256': sha256('at once') })
  expect(inferences[0]?.['request.sha256']).toBeUndefined()
})

test('behavior: the source of a stream is pulled and cancelled as it would be', async () => {
  const log: string[] = []
  const endless: Handler = () =>
    new Response(
      new ReadableStream(
        {
          pull(controller) {
            log.push('pull')
            controller.enqueue(new TextEncoder().encode('data: {}\n\n'))
          },
          cancel(reason) {
            log.push(String(reason))
          },
        },
        { highWaterMark: 0 },
      ),
      { headers: sse },
    )
  const { inferences } = await bothWays(endless, async (handle) => {
    log.length = 0
    const { body } = await handle(ask())
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.read()
    await pause(5)
    await reader.cancel('enough')
    return [...log]
  })
  expect(log).toEqual(['pull', 'pull', 'enough'])
  one(inferences, { outcome: 'truncated', 'response.sha256': sha256('data: {}\n\n'.repeat(2)) })
})

/** A server made of a fetch-handler, as they are made. */
async function serve(handler: Handler): Promise<{ server: Server; at: string }> {
  const server = createServer((request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const asked = new Request(`http://model.example${request.url}`, {
      method: 'POST',
      body: Readable.toWeb(request),
      duplex: 'half',
      signal: gone.signal,
    } as RequestInit)
    void (async () => {
      const answer = await handler(asked)
      response.writeHead(answer.status, [...answer.headers].flat())
      try {
        for await (const piece of answer.body ?? []) {
          if (response.destroyed) break
          response.write(piece)
        }
        response.end()
      } catch {
        response.destroy()
      }
    })()
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return { server, at: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('behavior: what a client of a real server sees: a stream, a break, a leave', async () => {
  const encoder = new TextEncoder()
  const handler: Handler = async (request) => {
    const { model } = (await request.json()) as { model: string }
    let left = 3
    const body = new ReadableStream({
      async pull(controller) {
        await pause(10)
        if (left-- > 0 || model === 'endless') controller.enqueue(encoder.encode('data: {}\n\n'))
        else if (model === 'broken') controller.error(new RangeError('mine'))
        else controller.close()
      },
    })
    return new Response(body, { headers: sse })
  }
  const { inferences } = await bothWays(handler, async (handle) => {
    const { server, at } = await serve(handle)
    const seen: unknown[] = []
    for (const model of ['whole', 'broken', 'endless']) {
      const signal = AbortSignal.timeout(model === 'endless' ? 200 : 5_000)
      const body = JSON.stringify({ model })
      const response = await fetch(`${at}/v1/chat/completions`, { method: 'POST', body, signal })
      const text = await response.text().catch(shapeOfError)
      seen.push(text)
    }
    await pause(40)
    server.closeAllConnections()
    server.close()
    return seen
  })
  expect(inferences.map((it) => [it['model.requested'], it.outcome])).toEqual([
    ['whole', 'complete'],
    ['broken', 'error'],
    // The client is gone, so the request's signal is aborted.
    ['endless', 'aborted'],
  ])
})
