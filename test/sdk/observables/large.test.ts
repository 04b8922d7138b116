import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Fetch, startRecorder } from './both-ways.ts'
import { collectGarbage, mega } from './memory.ts'
import { type HostileServer, pause, type Script, startHostileServer } from './server.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

const post = { method: 'POST', body: '{"model":"m"}' }
const path = '/v1/chat/completions'
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

test('behavior: a response that is dropped unread gives its connection back', async () => {
  const { recorder, inferences } = startRecorder()
  const endingOf = async (send: Fetch) => {
    const closed = vi.fn()
    server.play((call) => {
      call.response.once('close', closed)
      return large()(call)
    })
    await (async () => {
      await send(server.url + path, post)
    })()
    for (let i = 0; i < 40 && closed.mock.calls.length === 0; i++) {
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
