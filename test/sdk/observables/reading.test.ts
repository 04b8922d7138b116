import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothWays, expectInference, type Run } from './both-ways.ts'
import { drip, type HostileServer, type Script, sha256, startHostileServer } from './server.ts'
import { attempt, changeHeaders, settled, shapeOfResponse } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

const json = JSON.stringify({
  id: 'c-1',
  model: 'm-1',
  choices: [{ message: { content: 'Grüße 🙂' } }],
})
const whole: Script = ({ response }) => {
  response.writeHead(200, 'Fine', [
    ...['content-type', 'application/json; charset=utf-8'],
    ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-request-id', 'r-1'],
  ])
  response.end(json)
}
/** Cut inside of characters, of lines and of line ends. */
const pieces = [
  'data: {"id":"c-1","choices":[{"delta":{"content":"Gr\xc3',
  '\xbc\xc3\x9fe"}}]}\r',
  '\n\r\n: comment\n',
  '\ndata: [DONE]\n\n',
].map((it) => Buffer.from(it, 'latin1'))
const stream = Buffer.concat(pieces)
const dripped: Script = async ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  await drip(response, pieces)
  response.end()
}
const form: Script = ({ response }) => {
  response.writeHead(200, { 'content-type': 'multipart/form-data; boundary=x' })
  response.end('--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n')
}
const post = { method: 'POST', body: '{"model":"m"}' }
const path = '/v1/chat/completions'

/** A run of one call, of which a response is looked at before and after something is done with it. */
const reading =
  (read: (response: Response) => unknown): Run =>
  async ({ fetch, url }) => {
    const response = await fetch(url + path, post)
    const before = shapeOfResponse(response)
    const result = await attempt(() => read(response))
    return {
      before,
      result,
      after: shapeOfResponse(response),
      changed: await changeHeaders(response),
    }
  }

async function chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string[]> {
  const chunks: string[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return chunks
    chunks.push(Buffer.from(value).toString('hex'))
  }
}

const body = (response: Response) => response.body as ReadableStream<Uint8Array>

const readers: Record<string, (response: Response) => unknown> = {
  json: (it) => it.json(),
  text: (it) => it.text(),
  arrayBuffer: (it) => it.arrayBuffer(),
  bytes: (it) => it.bytes(),
  blob: (it) => it.blob(),
  'blob and its text': async (it) => (await it.blob()).text(),
  'a reader': (it) => chunksOf(body(it).getReader()),
  'a reader that is released': async (it) => {
    const first = body(it).getReader()
    const { value } = await first.read()
    first.releaseLock()
    return [Buffer.from(value ?? []).toString('hex'), ...(await chunksOf(body(it).getReader()))]
  },
  'a reader’s closed': async (it) => {
    const reader = body(it).getReader()
    const order: string[] = []
    const closed = reader.closed.then(() => order.push('closed'))
    await chunksOf(reader)
    order.push('read')
    await closed
    return order.sort()
  },
  'a reader with its own buffer': async (it) => {
    const reader = body(it).getReader({ mode: 'byob' })
    const bytes: number[] = []
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(7))
      if (done) return { bytes, rest: value?.length }
      bytes.push(...value)
    }
  },
  'for await': async (it) => {
    const chunks: string[] = []
    for await (const piece of body(it)) chunks.push(Buffer.from(piece).toString('hex'))
    return chunks
  },
  pipeTo: async (it) => {
    const chunks: string[] = []
    await body(it).pipeTo(
      new WritableStream({
        write: (piece: Uint8Array) => void chunks.push(Buffer.from(piece).toString('hex')),
      }),
    )
    return chunks
  },
  pipeThrough: (it) =>
    new Response(
      body(it)
        .pipeThrough(new TextDecoderStream() as never)
        .pipeThrough(new TextEncoderStream()),
    ).text(),
  tee: async (it) => {
    const [one, two] = body(it).tee()
    return Promise.all([chunksOf(one.getReader()), new Response(two).text()])
  },
  'new Response': (it) => new Response(it.body, it).text(),
  'a stream of Node': async (it) => {
    const chunks: unknown[] = []
    for await (const chunk of Readable.fromWeb(it.body as never))
      chunks.push(Buffer.from(chunk as Uint8Array).toString('hex'))
    return chunks
  },
  clone: async (it) => {
    const copy = it.clone()
    const shape = shapeOfResponse(copy)
    return {
      shape,
      texts: await Promise.all([copy.text(), it.text()]),
      again: await settled(copy.text()),
      changed: await changeHeaders(copy),
    }
  },
  'a clone of a clone, and none else': async (it) => {
    const copy = it.clone().clone()
    void it.body?.cancel()
    return { url: copy.url, text: await copy.text() }
  },
  'clone after reading': async (it) => {
    await it.text()
    return it.clone()
  },
  'the same twice': async (it) => {
    await it.text()
    return Promise.all([
      settled(it.text()),
      settled(it.json()),
      attempt(() => it.body?.getReader()),
    ])
  },
  'text while it is locked': async (it) => {
    const reader = body(it).getReader()
    const locked = await settled(it.text())
    return { locked, chunks: await chunksOf(reader) }
  },
  'form data that is none': (it) => it.formData(),
}

describe('reading an answer', () => {
  for (const [name, read] of Object.entries(readers)) {
    test(`behavior: ${name}, of a whole answer and of one in pieces`, async () => {
      const one = await bothWays(server, whole, reading(read))
      expectInference(one.inferences, {
        outcome: 'complete',
        response: json,
        requests: one.requests,
      })
      expect(one.inferences[0]).toMatchObject({
        'model.requested': 'm',
        'model.returned': 'm-1',
        'output.text.sha256': sha256('Grüße 🙂'),
      })
      const many = await bothWays(server, dripped, reading(read))
      expectInference(many.inferences, {
        outcome: 'complete',
        response: stream,
        requests: many.requests,
      })
      expect(many.inferences[0]?.['output.text.sha256']).toBe(sha256('Grüße'))
      expect([...one.errors, ...many.errors]).toEqual([])
    })
  }

  test('behavior: form data', async () => {
    const { inferences } = await bothWays(
      server,
      form,
      reading((it) => it.formData()),
    )
    expect(inferences).toHaveLength(1)
  })
})

describe('an answer in a coding', () => {
  const codings = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }
  for (const [coding, encode] of Object.entries(codings)) {
    test(`behavior: ${coding}: the digest is that of the content without it`, async () => {
      const script: Script = ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding })
        response.end(encode(json))
      }
      const { inferences, requests } = await bothWays(
        server,
        script,
        reading((it) => it.json()),
      )
      expectInference(inferences, { outcome: 'complete', response: json, requests })
    })

    test(`behavior: ${coding} that is damaged`, async () => {
      const script: Script = ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding })
        response.end(
          Buffer.concat([encode(json.repeat(100)).subarray(0, 30), Buffer.alloc(90, 0xff)]),
        )
      }
      const { inferences, outcome } = await bothWays(
        server,
        script,
        reading((it) => it.text()),
      )
      // What `fetch` does with it depends on the coding, and on the runtime.
      const { value } = outcome as { value: { result: object } }
      const isError = 'error' in value.result
      expect(inferences.map((it) => it.outcome)).toEqual([isError ? 'error' : 'complete'])
    })
  }
})

describe('an answer with no content', () => {
  for (const status of [200, 204, 205]) {
    test(`behavior: ${status}`, async () => {
      const script: Script = ({ response }) => void response.writeHead(status).end()
      const { inferences } = await bothWays(
        server,
        script,
        reading((it) => it.text()),
      )
      expectInference(inferences, { outcome: 'complete', response: '' })
    })
  }
})
