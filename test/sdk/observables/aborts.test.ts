import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothWays, expectInference, type Run } from './both-ways.ts'
import { body, path, pieces, post, sse } from './plain-call.ts'
import { drip, type HostileServer, pause, type Script, startHostileServer } from './server.ts'
import { attempt, settled, shapeOfResponse } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

/** Two pieces, and then nothing more, until the client has gone. */
const endless: Script = async ({ response }) => {
  response.writeHead(200, sse)
  await drip(response, pieces.slice(0, 2))
}

describe('callers that stop', () => {
  const seenPieces = pieces[0] as string

  test('behavior: a reader that is cancelled closes the connection', async () => {
    const run: Run = async ({ fetch, url }) => {
      const reader = body(await fetch(url + path, post)).getReader()
      const { value } = await reader.read()
      const cancelled = await settled(reader.cancel('enough'))
      return { value: Buffer.from(value ?? []).toString(), cancelled, after: await reader.read() }
    }
    const { inferences, requests } = await bothWays(server, endless, run)
    expect(requests[0]?.ending).toBe('closed')
    expectInference(inferences, { outcome: 'truncated', response: seenPieces, requests })
  })

  test('behavior: a loop that breaks closes the connection', async () => {
    const run: Run = async ({ fetch, url }) => {
      const response = await fetch(url + path, post)
      for await (const piece of body(response)) {
        return { piece: Buffer.from(piece).toString(), shape: shapeOfResponse(response) }
      }
    }
    const { inferences, requests } = await bothWays(server, endless, run)
    expect(requests[0]?.ending).toBe('closed')
    expectInference(inferences, { outcome: 'truncated', response: seenPieces, requests })
  })

  test('behavior: a body that is cancelled unread closes the connection', async () => {
    const run: Run = async ({ fetch, url }) => {
      const response = await fetch(url + path, post)
      return {
        cancelled: await settled(body(response).cancel()),
        text: await settled(response.text()),
      }
    }
    const { inferences, requests } = await bothWays(server, endless, run)
    expect(requests[0]?.ending).toBe('closed')
    expectInference(inferences, { outcome: 'truncated', response: '', requests })
  })

  test('behavior: of two branches, one alone does not close the connection', async () => {
    const run: Run = async ({ fetch, url }) => {
      const [one, two] = body(await fetch(url + path, post)).tee()
      const order: string[] = []
      const first = one.cancel('first').then(() => order.push('first'))
      const { value } = await two.getReader().read()
      // What was written one after the other may arrive together.
      order.push(
        Buffer.from(value ?? [])
          .toString()
          .split('\n', 1)[0]!,
      )
      return { order, first: await Promise.race([first, pause(30)]) }
    }
    const { inferences } = await bothWays(server, endless, run)
    expect(inferences).toEqual([])
  })

  test('behavior: a stream whose end was said is complete', async () => {
    const script: Script = async ({ response }) => {
      response.writeHead(200, sse)
      await drip(response, [pieces.join('')])
    }
    const run: Run = async ({ fetch, url }) => {
      const reader = body(await fetch(url + path, post)).getReader()
      await reader.read()
      await reader.cancel()
    }
    const { inferences, requests } = await bothWays(server, script, run)
    expectInference(inferences, { outcome: 'complete', response: pieces.join(''), requests })
  })

  const reasons: Record<string, unknown> = {
    'an error of its own': new RangeError('mine'),
    'no error at all': 'a text',
    'no reason': undefined,
  }
  for (const [name, reason] of Object.entries(reasons)) {
    test(`error: aborted before the call, with ${name}`, async () => {
      const run: Run = ({ fetch, url }) =>
        attempt(() => fetch(url + path, { ...post, signal: AbortSignal.abort(reason) }))
      const { inferences, requests } = await bothWays(server, endless, run)
      expect([inferences, requests]).toEqual([[], []])
    })

    test(`error: aborted before the answer, with ${name}`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const controller = new AbortController()
        setTimeout(() => controller.abort(reason), 20)
        return attempt(() => fetch(url + path, { ...post, signal: controller.signal }))
      }
      const { inferences, requests } = await bothWays(server, () => undefined, run)
      expect(inferences).toEqual([])
      expect(requests.map(({ ending }) => ending)).toEqual(['closed'])
    })

    test(`error: aborted while the answer comes, with ${name}`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const controller = new AbortController()
        const { signal } = controller
        const response = await fetch(url + path, { ...post, signal })
        const reader = body(response).getReader()
        const closed = settled(reader.closed)
        let length = pieces.slice(0, 2).join('').length
        while (length > 0) length -= (await reader.read()).value?.length ?? length
        setTimeout(() => controller.abort(reason), 20)
        const seen: unknown[] = []
        for (let i = 0; i < 4; i++) seen.push(await settled(reader.read()))
        return { seen, closed: await closed, cancel: await settled(reader.cancel()) }
      }
      const { inferences, requests } = await bothWays(server, endless, run)
      expect(requests[0]?.ending).toBe('closed')
      expectInference(inferences, {
        outcome: 'aborted',
        response: pieces.slice(0, 2).join(''),
        requests,
      })
    })

    test(`error: aborted before the body is read, with ${name}`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const controller = new AbortController()
        const response = await fetch(url + path, { ...post, signal: controller.signal })
        controller.abort(reason)
        await pause(5)
        return { text: await settled(response.text()), shape: shapeOfResponse(response) }
      }
      const { inferences } = await bothWays(server, endless, run)
      expectInference(inferences, { outcome: 'aborted', response: '' })
    })
  }

  test('error: a signal of a request', async () => {
    const run: Run = async ({ fetch, url }) => {
      const controller = new AbortController()
      const request = new Request(url + path, { ...post, signal: controller.signal })
      const response = await fetch(request)
      setTimeout(() => controller.abort(), 40)
      return settled(response.text())
    }
    const { inferences } = await bothWays(server, endless, run)
    expect(inferences.map(({ outcome }) => outcome)).toEqual(['aborted'])
  })

  test('error: a time limit', async () => {
    const run: Run = async ({ fetch, url }) => {
      const response = await fetch(url + path, { ...post, signal: AbortSignal.timeout(100) })
      return settled(response.text())
    }
    const { inferences } = await bothWays(server, endless, run)
    expect(inferences.map(({ outcome }) => outcome)).toEqual(['aborted'])
  })

  test('behavior: aborted after the end changes nothing', async () => {
    const run: Run = async ({ fetch, url }) => {
      const controller = new AbortController()
      const response = await fetch(url + path, { ...post, signal: controller.signal })
      const text = await response.text()
      controller.abort()
      return { text, again: await settled(response.text()) }
    }
    const script: Script = ({ response }) => void response.end('whole')
    const { inferences, requests } = await bothWays(server, script, run)
    expectInference(inferences, { outcome: 'complete', response: 'whole', requests })
  })
})
