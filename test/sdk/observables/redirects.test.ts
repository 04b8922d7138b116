import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothWays, type Run } from './both-ways.ts'
import { echo, half, halves, noted, path, question, sending } from './questions.ts'
import { type HostileServer, type Script, sha256, startHostileServer } from './server.ts'
import { settled, shapeOfResponse } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

describe('redirects', () => {
  const redirect =
    (status: number): Script =>
    (call) => {
      if (call.attempt === 0)
        call.response.writeHead(status, { location: '/v1/elsewhere' }).end('moved')
      else return echo(call)
    }
  for (const status of [301, 302, 303, 307, 308]) {
    test(`behavior: ${status} is followed, and is one inference at the address called`, async () => {
      const { inferences } = await bothWays(
        server,
        redirect(status),
        sending(() => ({ body: question })),
      )
      expect(inferences).toHaveLength(1)
      expect(inferences[0]?.['request.sha256']).toBe(sha256(question))
    })

    test(`behavior: ${status} with a stream that can't be sent again`, async () => {
      await bothWays(server, redirect(status), ({ fetch, url }) =>
        settled(
          fetch(url + path, { method: 'POST', body: noted(halves()).stream, ...half }).then((it) =>
            it.text(),
          ),
        ),
      )
    })
  }
  for (const mode of ['manual', 'error'] as const) {
    test(`behavior: ${mode}`, async () => {
      const run: Run = async ({ fetch, url }) =>
        settled(
          fetch(url + path, { method: 'POST', body: question, redirect: mode }).then(
            async (it) => ({
              shape: shapeOfResponse(it),
              text: await it.text(),
            }),
          ),
        )
      const { inferences } = await bothWays(server, redirect(307), run)
      expect(inferences).toEqual([])
    })
  }
})
