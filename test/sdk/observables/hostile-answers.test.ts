import { afterAll, beforeAll, expect, test } from 'vitest'
import { bothWays, expectInference, type Run } from './both-ways.ts'
import { type HostileServer, type Script, startHostileServer } from './server.ts'
import { settled } from './shapes.ts'

let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000)
const sse = (data: string) => `data: ${data}\n\n`

/** Answers that are meant to trip whoever reads them. */
const bodies: Record<string, string | Uint8Array> = {
  'arrays in arrays': deep('[', ']'),
  'objects in objects': deep('{"usage":', '}').replace('}', '1}'),
  'usage that is too deep': `{"usage":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`,
  'usage with a number that is too large': '{"usage":{"a":1e999}}',
  'usage as wide as can be': JSON.stringify({ usage: { a: 'x'.repeat(100_000) } }),
  'names of the language': '{"__proto__":{"id":"x"},"usage":{"toJSON":1,"__proto__":2}}',
  'other types everywhere':
    '{"id":1,"model":[],"choices":{"find":1,"length":9},"output":7,"message":[],"content":"x"}',
  'choices that are none': '{"choices":[null,1,"x",[[]],{"message":1},{"delta":{"content":{}}}]}',
  'half of a pair': '{"model":"\\ud800","choices":[{"message":{"content":"\\udc00"}}]}',
  'bytes that are no UTF-8': Uint8Array.of(0x7b, 0xff, 0xfe, 0xc3, 0x28, 0x7d, 0x00),
  'a mark of the byte order': '\ufeff{"id":"x"}',
  nulls: '\0'.repeat(1_000),
  'a line without end': `data: ${'x'.repeat(3_000_000)}`,
  'lines without end': 'data:\n'.repeat(100_000),
  'returns alone': 'data: {"id":"1"}\r\rdata: [DONE]\r\r',
  'events that are no JSON': ['{', '1', 'null', '"x"', '[]', '', '{"id":'].map(sse).join(''),
  'many small events': sse('{"choices":[{"delta":{"content":"a"}}]}').repeat(20_000),
  'an id as long as can be': sse(JSON.stringify({ id: 'x'.repeat(100_000), model: 'm' })),
}

for (const [name, body] of Object.entries(bodies)) {
  for (const type of ['application/json', 'text/event-stream', 'application/x-unknown;;']) {
    test(`behavior: ${name}, as ${type}`, async () => {
      const script: Script = ({ response }) =>
        void response.writeHead(200, { 'content-type': type }).end(body)
      const run: Run = async ({ fetch, url }) => {
        const response = await fetch(`${url}/v1/messages`, { method: 'POST', body: body as string })
        return settled(response.bytes())
      }
      const { inferences, requests, errors } = await bothWays(server, script, run)
      expectInference(inferences, { outcome: 'complete', response: body, requests })
      expect(errors).toEqual([])
      const longest = Math.max(...Object.values(inferences[0] ?? {}).map((it) => it.length))
      expect(longest).toBeLessThan(5_000)
    })
  }
}
