import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothWays, expectInference, type Run } from './both-ways.ts'
import { bytes, echo, half, halves, noted, path, question, sending } from './questions.ts'
import { type HostileServer, sha256, startHostileServer } from './server.ts'
import { attempt, shapeOfResponse } from './shapes.ts'

let server: HostileServer
let directory: string
beforeAll(async () => {
  server = await startHostileServer()
  directory = await mkdtemp(join(tmpdir(), 'assay-test-'))
  await writeFile(join(directory, 'file'), question)
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true })
})

describe('bodies of requests', () => {
  const bodies: Record<string, () => RequestInit | Promise<RequestInit>> = {
    text: () => ({ body: question }),
    bytes: () => ({ body: bytes() }),
    'a part of a buffer': () => {
      const larger = new Uint8Array(100)
      larger.set(bytes(), 7)
      return { body: larger.subarray(7, 7 + bytes().length) }
    },
    'an array buffer': () => ({ body: bytes().buffer }),
    'a view of data': () => ({ body: new DataView(bytes().buffer) }),
    'a blob': () => ({ body: new Blob([question], { type: 'application/json' }) }),
    'a blob of a file': async () => ({ body: await openAsBlob(join(directory, 'file')) }),
    'a stream': () => ({ body: noted(halves()).stream, ...half }),
    'a stream of bytes': () => ({ body: noted(halves(), 'bytes').stream, ...half }),
  }
  for (const [name, make] of Object.entries(bodies)) {
    test(`behavior: ${name}`, async () => {
      const { inferences, requests, errors } = await bothWays(server, echo, sending(make))
      expectInference(inferences, { outcome: 'complete', response: question, requests })
      expect(inferences[0]).toMatchObject({
        'request.sha256': sha256(question),
        'model.requested': 'm',
      })
      expect(errors).toEqual([])
    })
  }

  test('behavior: search parameters', async () => {
    const { inferences, requests } = await bothWays(
      server,
      echo,
      sending(() => ({ body: new URLSearchParams({ a: 'ü 1' }) })),
    )
    expectInference(inferences, { outcome: 'complete', response: 'a=%C3%BC+1', requests })
  })

  test('behavior: none', async () => {
    const { inferences } = await bothWays(
      server,
      echo,
      sending(() => ({})),
    )
    expectInference(inferences, { outcome: 'complete', response: '' })
    expect(inferences[0]?.['request.sha256']).toBeUndefined()
  })

  test('behavior: form data, whose digest stays unknown', async () => {
    const form = new FormData()
    form.set('file', new Blob(['x'], { type: 'audio/wav' }), 'a.wav')
    const run: Run = async ({ fetch, url }) => {
      const response = await fetch(url + path, { method: 'POST', body: form })
      return (await response.text()).replaceAll(/-*formdata-undici-\d+/g, 'B')
    }
    const { inferences } = await bothWays(server, echo, run)
    expect(inferences).toHaveLength(1)
    expect(inferences[0]?.['request.sha256']).toBeUndefined()
  })

  test('behavior: an iterable, which no other runtime takes', async () => {
    async function* pieces() {
      yield* halves()
    }
    const { inferences } = await bothWays(
      server,
      echo,
      sending(() => ({ body: pieces() as never, ...half })),
    )
    expectInference(inferences, { outcome: 'complete', response: question })
  })

  test('behavior: a buffer that is written to after the call', async () => {
    const run: Run = async ({ fetch, url }) => {
      const body = bytes()
      const call = fetch(url + path, { method: 'POST', body })
      body.fill(0x20)
      return (await call).text()
    }
    const { inferences, requests } = await bothWays(server, echo, run)
    expectInference(inferences, { outcome: 'complete', response: question, requests })
  })
})

describe('requests as input', () => {
  const inputs: Record<string, (url: string) => [Request | URL | string, RequestInit?]> = {
    'a request': (url) => [
      new Request(url, { method: 'POST', body: question, headers: { 'x-a': 'b' } }),
    ],
    'a request with a stream': (url) => [
      new Request(url, { method: 'POST', body: noted(halves()).stream, ...half }),
    ],
    'a request, and a body beside it': (url) => [
      new Request(url, { method: 'POST', body: 'other' }),
      { body: question },
    ],
    'a request, and headers beside it': (url) => [
      new Request(url, { method: 'POST', body: question }),
      { headers: { 'x-a': 'c' } },
    ],
    'an address': (url) => [new URL(url), { method: 'post', body: question }],
    'frozen options with a stream': (url) => [
      url,
      Object.freeze({ method: 'POST', body: noted(halves()).stream, ...half }),
    ],
    'a request as options': (url) => [
      url,
      new Request(url, { method: 'POST', body: question, headers: { 'x-a': 'd' } }),
    ],
  }
  for (const [name, make] of Object.entries(inputs)) {
    test(`behavior: ${name}`, async () => {
      const run: Run = async ({ fetch, url }) => {
        const [input, init] = make(url + path)
        const response = await fetch(input, init)
        const used = input instanceof Request ? [input.bodyUsed, input.body?.locked] : []
        return { text: await response.text(), used, again: await attempt(() => fetch(input, init)) }
      }
      const { inferences, requests } = await bothWays(server, echo, run)
      expect(inferences[0]).toMatchObject({
        outcome: 'complete',
        'request.sha256': requests[0]?.body.sha256,
        'response.sha256': sha256(question),
      })
    })
  }

  test('behavior: a name of a model longer than a fact may be is left out', async () => {
    const body = JSON.stringify({ input: 'x', model: 'm'.repeat(4_097) })
    const { inferences, requests } = await bothWays(
      server,
      echo,
      sending(() => ({ body, headers: { 'content-type': 'text/plain' } })),
    )
    expectInference(inferences, { outcome: 'complete', response: body, requests })
    expect(inferences[0]?.['model.requested']).toBeUndefined()
  })

  test('behavior: what is no inference is not touched', async () => {
    const run: Run = async ({ fetch, url }) => {
      const list = await fetch(`${url}/v1/models`)
      const post = await fetch(`${url}/v1/files`, { method: 'POST', body: 'x' })
      return {
        shapes: [list, post].map(shapeOfResponse),
        nowhere: await attempt(() => fetch('nowhere')),
      }
    }
    const { inferences } = await bothWays(server, echo, run)
    expect(inferences).toEqual([])
  })
})
