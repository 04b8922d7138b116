import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothWays, expectInference, type Run } from './both-ways.ts'
import { body, path, pieces, post, sse } from './plain-call.ts'
import { drip, type HostileServer, pause, type Script, startHostileServer } from './server.ts'
import { settled, shapeOfError, shapeOfResponse } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

const broken: Script = async ({ response }) => {
  response.writeHead(200, sse)
  await drip(response, pieces.slice(0, 2))
  response.destroy()
}

describe('answers that are refusals', () => {
  for (const status of [400, 401, 404, 429, 500, 503]) {
    test(`behavior: ${status} is no inference`, async () => {
      const script: Script = ({ response }) =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":1}')
      const run: Run = async ({ fetch, url }) => {
        const response = await fetch(url + path, post)
        return { shape: shapeOfResponse(response), json: await response.json() }
      }
      expect((await bothWays(server, script, run)).inferences).toEqual([])
    })
  }
})

describe('answers that break', () => {
  const ways: Record<string, Script> = {
    'before any answer': ({ response }) => void response.destroy(),
    'inside of the header': ({ request }) =>
      void request.socket.end('HTTP/1.1 200 OK\r\ncontent-type: te'),
    'with no HTTP': ({ request }) => void request.socket.end('SSH-2.0-OpenSSH\r\n'),
  }
  for (const [name, script] of Object.entries(ways)) {
    test(`error: ${name}`, async () => {
      const run: Run = ({ fetch, url }) => settled(fetch(url + path, post))
      expect((await bothWays(server, script, run)).inferences).toEqual([])
    })
  }

  const midway: Record<string, { script: Script; response: string }> = {
    'inside of a stream': { script: broken, response: pieces.slice(0, 2).join('') },
    'before its length is reached': {
      script: async ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 99 })
        await drip(response, ['{"id":'])
        response.destroy()
      },
      response: '{"id":',
    },
    'inside of a chunk': {
      script: async ({ request }) => {
        request.socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n')
        await pause(15)
        request.socket.end('zz\r\n')
      },
      response: 'abcde',
    },
  }
  for (const [name, { script, response }] of Object.entries(midway)) {
    test(`error: ${name}, read in pieces`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const reader = body(await fetch(url + path, post)).getReader()
        const seen: string[] = []
        const closed = settled(reader.closed)
        try {
          for (;;) {
            const { done, value } = await reader.read()
            if (done) return seen
            seen.push(Buffer.from(value).toString())
          }
        } catch (error) {
          const after = await settled(reader.read())
          return { seen, error: shapeOfError(error), closed: await closed, after }
        }
      }
      const { inferences, requests } = await bothWays(server, script, run)
      expectInference(inferences, { outcome: 'error', response, requests })
    })

    test(`error: ${name}, read whole`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const it = await fetch(url + path, post)
        return { text: await settled(it.text()), again: await settled(it.text()) }
      }
      const { inferences, requests } = await bothWays(server, script, run)
      expectInference(inferences, { outcome: 'error', response, requests })
    })

    test(`error: ${name}, while nobody reads`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const it = await fetch(url + path, post)
        const reader = body(it).getReader()
        const order: string[] = []
        const closed = settled(reader.closed)
        void closed.then(() => order.push('closed'))
        await pause(60)
        order.push('read')
        return { read: await settled(reader.read()), closed: await closed, order }
      }
      const { inferences } = await bothWays(server, script, run)
      expect(inferences).toHaveLength(1)
      expect(inferences[0]?.outcome).toBe('error')
    })
  }

  test('behavior: more than its length says is cut off', async () => {
    const script: Script = ({ request }) =>
      void request.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef')
    const run: Run = async ({ fetch, url }) => settled((await fetch(url + path, post)).text())
    const { inferences } = await bothWays(server, script, run)
    expect(inferences).toHaveLength(1)
  })
})
