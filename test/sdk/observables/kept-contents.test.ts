import { afterAll, beforeAll, expect, test } from 'vitest'
import { watchExchange, type SeenExchange } from '../../../sdk/src/record/exchange.ts'
import { drip, type HostileServer, sha256, startHostileServer } from './server.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

type Keep = { request: boolean; response: boolean; maxBytes: number }

/** One exchange, seen whole, and what is kept of it. */
async function keptOf(keep: Keep | undefined, body: BodyInit, answer: readonly Uint8Array[]) {
  const seen: SeenExchange[] = []
  const exchange = watchExchange({
    onExchange: (it) => seen.push(it),
    onError: (error) => expect.fail(String(error)),
    onNothing: () => expect.fail('there is an inference'),
    onObject: () => undefined,
    onStream: () => undefined,
    keep,
  })
  server.play(async ({ response }) => {
    await drip(response, answer)
    response.end()
  })
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  const url = new URL('/v1/embeddings', server.url)
  const sent = exchange.sent(init)
  const watch = exchange.start({ url, facts: sent.facts, signal: undefined })
  await watch(await fetch(url, sent.init)).arrayBuffer()
  return seen[0]?.fields
}

const bytesOf = (length: number, fill = 1) => new Uint8Array(length).fill(fill)
const sizes = [0, 1, 5_000, 20_000, 70_000, 200_000]
const streamOf = (bytes: Uint8Array) =>
  new ReadableStream({
    start(controller) {
      for (let i = 0; i < bytes.length; i += 7_000) controller.enqueue(bytes.slice(i, i + 7_000))
      controller.close()
    },
  })

for (const size of sizes) {
  const bodies: Record<string, () => BodyInit> = {
    bytes: () => bytesOf(size),
    text: () => '\u0001'.repeat(size),
    'a blob': () => new Blob([bytesOf(size)]),
    'a stream': () => streamOf(bytesOf(size)),
  }
  for (const [name, make] of Object.entries(bodies)) {
    test(`behavior: ${size} bytes, sent as ${name}, with room for as many and for one less`, async () => {
      const third = Math.floor(size / 3)
      const answer = [bytesOf(third, 2), bytesOf(size - third, 2)].filter((it) => it.length > 0)
      const keep = { request: true, response: true, maxBytes: Math.max(size, 1) }
      const all = await keptOf(keep, make(), answer)
      const digest = (bytes: Uint8Array | undefined) => bytes && sha256(bytes)
      expect(digest(all?.contents.request)).toBe(sha256(bytesOf(size)))
      expect(digest(all?.contents.response)).toBe(sha256(bytesOf(size, 2)))
      expect(all?.tooLarge).toEqual([])
      expect(digest(all?.fields['request.sha256'])).toBe(sha256(sha256Bytes(bytesOf(size))))
      if (size < 2) return
      const less = await keptOf({ ...keep, maxBytes: size - 1 }, make(), answer)
      expect(less).toMatchObject({ contents: {}, tooLarge: ['request', 'response'] })
      expect(less?.contents).toEqual({})
    })
  }
}

const sha256Bytes = (bytes: Uint8Array) => Buffer.from(sha256(bytes), 'hex')

test('default: nothing is kept', async () => {
  const none = await keptOf(undefined, 'x', [bytesOf(9)])
  expect([none?.contents, none?.tooLarge]).toEqual([{}, []])
})

test('behavior: one side alone; what is not known is neither kept nor too large', async () => {
  const keep = { request: true, response: false, maxBytes: 100 }
  const one = await keptOf(keep, 'x', [bytesOf(9)])
  expect([Object.keys(one?.contents ?? {}), one?.tooLarge]).toEqual([['request'], []])
  const other = await keptOf({ ...keep, request: false, response: true }, 'x', [bytesOf(9)])
  expect([Object.keys(other?.contents ?? {}), other?.tooLarge]).toEqual([['response'], []])
  const form = await keptOf(keep, new FormData(), [bytesOf(9)])
  expect([form?.contents, form?.tooLarge]).toEqual([{}, []])
})
