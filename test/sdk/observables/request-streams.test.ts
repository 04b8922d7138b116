import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothWays, expectInference, type Run } from './both-ways.ts'
import { echo, half, halves, noted, path } from './questions.ts'
import { type HostileServer, pause, startHostileServer } from './server.ts'
import { settled } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

describe('streams as bodies', () => {
  const refusals: Record<string, () => BodyInit> = {
    locked: () => {
      const { stream } = noted(halves())
      stream.getReader()
      return stream
    },
    'of texts': () => noted(['a', 'b']).stream,
    'that breaks': () =>
      new ReadableStream({
        pull(controller) {
          controller.error(new RangeError('mine'))
        },
      }),
  }
  for (const [name, make] of Object.entries(refusals)) {
    test(`error: ${name}`, async () => {
      const run: Run = ({ fetch, url }) =>
        settled(fetch(url + path, { method: 'POST', body: make(), ...half }))
      const { inferences } = await bothWays(server, echo, run)
      expect(inferences).toEqual([])
    })
  }

  test('error: one that was read from', async () => {
    const run: Run = async ({ fetch, url }) => {
      const { stream } = noted(halves())
      const reader = stream.getReader()
      await reader.read()
      reader.releaseLock()
      return settled(fetch(url + path, { method: 'POST', body: stream, ...half }))
    }
    await bothWays(server, echo, run)
  })

  test('error: without duplex', async () => {
    const run: Run = ({ fetch, url }) =>
      settled(fetch(url + path, { method: 'POST', body: noted(halves()).stream }))
    await bothWays(server, echo, run)
  })

  test('behavior: it is pulled as often, and is as locked', async () => {
    const run: Run = async ({ fetch, url }) => {
      const { stream, log } = noted(halves())
      const call = fetch(url + path, { method: 'POST', body: stream, ...half })
      await pause(0)
      const locked = [stream.locked]
      await (await call).text()
      return { log, locked: [...locked, stream.locked] }
    }
    await bothWays(server, echo, run)
  })

  test('behavior: it is cancelled when the call is aborted', async () => {
    const run: Run = async ({ fetch, url }) => {
      const { stream, log } = noted([
        ...halves(),
        ...halves(),
        ...halves(),
        ...halves(),
        ...halves(),
        ...halves(),
      ])
      const controller = new AbortController()
      const call = settled(
        fetch(url + path, { method: 'POST', body: stream, signal: controller.signal, ...half }),
      )
      await pause(22)
      controller.abort(new RangeError('enough'))
      const outcome = await call
      await pause(30)
      return { outcome, cancelled: log.filter((it) => it !== 'pull'), locked: stream.locked }
    }
    const { inferences } = await bothWays(server, echo, run)
    expect(inferences).toEqual([])
  })

  test('behavior: an answer before the body is whole is recorded, without the body’s digest', async () => {
    const hurried: Run = async ({ fetch, url }) => {
      const { stream } = noted(Array.from({ length: 40 }, () => new Uint8Array(9)))
      const response = await fetch(`${url}${path}?hurry`, { method: 'POST', body: stream, ...half })
      return response.text()
    }
    const early = await startHostileServer({ early: ({ response }) => response.end('{}') })
    const { inferences } = await bothWays(early, echo, hurried)
    await early.stop()
    expectInference(inferences, { outcome: 'complete', response: '{}' })
    expect(inferences[0]?.['request.sha256']).toBeUndefined()
  })
})
