import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fetch, startRecorder } from './both-ways.ts'
import { type HostileServer, pause, type Script, startHostileServer } from './server.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const post = { method: 'POST', body: '{"model":"m"}' }
const path = '/v1/chat/completions'
const mega = 2 ** 20
const size = 100 * mega
const piece = Buffer.alloc(64 * 2 ** 10, 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n')

/** 100 MB of events, as fast as they are taken. */
function large(sent = { bytes: 0 }): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    sent.bytes = 0
    const more = () => {
      while (sent.bytes < size && !response.destroyed) {
        sent.bytes += piece.length
        if (!response.write(piece)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  }
}

const bodyOf = async (send: Fetch, body: BodyInit = post.body) => {
  const response = await send(server.url + path, { ...post, body, duplex: 'half' } as RequestInit)
  return response.body as ReadableStream<Uint8Array>
}

/** How far the memory of the process that is held, garbage left out, rises while something runs, in MB. */
async function rise(run: () => Promise<unknown>): Promise<number> {
  collectGarbage()
  const before = process.memoryUsage()
  let most = 0
  const timer = setInterval(() => {
    collectGarbage()
    const now = process.memoryUsage()
    most = Math.max(most, now.arrayBuffers + now.heapUsed - before.arrayBuffers - before.heapUsed)
  }, 50)
  await run()
  clearInterval(timer)
  return most / mega
}

test('behavior: 100 MB pass in flat memory', { timeout: 60_000 }, async () => {
  const { recorder, inferences } = startRecorder()
  const hash = createHash('sha256')
  const read = async (send: Fetch) => {
    let length = 0
    for await (const chunk of await bodyOf(send)) {
      length += chunk.length
      if (send !== globalThis.fetch) hash.update(chunk)
    }
    expect(length).toBe(size)
  }
  server.play(large())
  await read(globalThis.fetch)
  const plain = await rise(() => read(globalThis.fetch))
  const recorded = await rise(() => read(recorder.fetch))
  await recorder.flush()
  expect(inferences()[0]).toMatchObject({
    outcome: 'complete',
    'response.sha256': hash.digest('hex'),
  })
  expect(recorded - plain).toBeLessThan(40)
  await recorder.shutdown()
})

test('behavior: a slow reader slows the server as much', { timeout: 60_000 }, async () => {
  const { recorder } = startRecorder()
  const sentTo = async (send: Fetch) => {
    const sent = { bytes: 0 }
    server.play(large(sent))
    const reader = (await bodyOf(send)).getReader()
    for (let i = 0; i < 5; i++) {
      await reader.read()
      await pause(30)
    }
    const { bytes } = sent
    await reader.cancel()
    return bytes / mega
  }
  await sentTo(globalThis.fetch)
  const plain = await sentTo(globalThis.fetch)
  const recorded = await sentTo(recorder.fetch)
  expect(plain).toBeLessThan(20)
  expect(Math.abs(recorded - plain)).toBeLessThan(8)
  await recorder.shutdown()
})

test(
  'behavior: 100 MB that are sent get through, and are digested',
  { timeout: 60_000 },
  async () => {
    const { recorder, inferences } = startRecorder()
    const digest = createHash('sha256')
    const send = async (fetching: Fetch) => {
      let left = size
      const body = new ReadableStream({
        pull(controller) {
          left -= piece.length
          if (fetching !== globalThis.fetch) digest.update(piece)
          controller.enqueue(new Uint8Array(piece))
          if (left <= 0) controller.close()
        },
      })
      for await (const _ of await bodyOf(fetching, body));
    }
    const counted = await startHostileServer({
      early: ({ request, response }) => {
        request.resume()
        request.on('end', () => response.end('{}'))
      },
    })
    const { url } = server
    server.url = counted.url
    // What is sent waits in the sockets of a server in this same process, so its memory says nothing of the recorder's.
    await send(recorder.fetch)
    server.url = url
    await counted.stop()
    await recorder.flush()
    expect(inferences()[0]).toMatchObject({ 'request.sha256': digest.digest('hex') })
    await recorder.shutdown()
  },
)

test('behavior: a response that is dropped unread gives its connection back', async () => {
  const { recorder, inferences } = startRecorder()
  const endingOf = async (send: Fetch) => {
    server.play(large())
    await (async () => {
      await send(server.url + path, post)
    })()
    for (let i = 0; i < 20; i++) {
      await pause(10)
      collectGarbage()
    }
    return (await server.seen()).map(({ ending }) => ending)
  }
  const plain = await endingOf(globalThis.fetch)
  expect(plain).toEqual(['closed'])
  expect(await endingOf(recorder.fetch)).toEqual(plain)
  await recorder.flush()
  expect(inferences().map((it) => it.outcome)).toEqual(['truncated'])
  await recorder.shutdown()
})
