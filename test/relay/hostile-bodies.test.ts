import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signedCallKinds, signedCalls } from '@assay/sdk/relay'
import { type RunningRelay, type Stage, startStage } from './support/relayed.ts'

let stage: Stage
let relay: RunningRelay
let body: ReturnType<Stage['bodyOf']>
beforeAll(async () => {
  stage = await startStage()
  relay = await stage.relay()
  body = stage.bodyOf([await stage.newLog(await stage.authorizedParty()).batch(0n, 2)])
})
afterAll(() => stage.stop())

const paths = ['settlements', ...signedCallKinds.map((kind) => signedCalls[kind].path)]

test('error: whatever is posted anywhere, it is refused with a problem, soon, and nothing is sent', async () => {
  const batch: Record<string, unknown> | undefined = body.batches[0]
  const many = { ...body, batches: Array.from({ length: 10_000 }, () => batch) }
  const texts = [
    ...['', 'null', '[]', '{}', '"', '{"a":1}', 'true', '1e999', '\u0000', '{"__proto__":{}}'],
    '['.repeat(100_000),
    `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
    JSON.stringify(many),
    `{"chainId":"31337","chainId":"31337"}`,
    ...[
      { ...body, batches: [] },
      { ...body, batches: {} },
      { ...body, batches: [null] },
      { ...body, batches: [[]] },
      { ...body, more: 1 },
      { ...body, chainId: 31337 },
      { ...body, chainId: '031337' },
      { ...body, chainId: '9'.repeat(400) },
      { ...body, inferenceLog: '0xZZ' },
      { ...body, batches: [{ ...batch, first: '-1' }] },
      { ...body, batches: [{ ...batch, first: String(2n ** 64n) }] },
      { ...body, batches: [{ ...batch, count: 2 }] },
      { ...body, batches: [{ ...batch, mode: 'both' }] },
      { ...body, batches: [{ ...batch, mode: 'external' }] },
      { ...body, batches: [{ ...batch, uri: 'x' }] },
      { ...body, batches: [{ ...batch, signature: '0x0' }] },
      { ...body, batches: [{ ...batch, log: { owner: '0x' } }] },
      { ...body, batches: [{ ...batch, root: { toString: '0x' } }] },
    ].map((it) => JSON.stringify(it)),
  ]
  for (const path of paths) {
    for (const text of texts) {
      const begin = performance.now()
      const answer = await stage.post(relay.url, `/v1/${path}`, text)
      const shown = `${path}: ${text.slice(0, 60)}`
      expect(answer, shown).toMatchObject({
        status: text.length > 2 ** 20 ? expect.any(Number) : 400,
        type: 'application/problem+json',
        json: { code: expect.stringMatching(/^(?:malformed|too-large)$/) },
      })
      expect(performance.now() - begin, shown).toBeLessThan(2_000)
    }
  }
  expect(relay.events.filter(({ type }) => type === 'sent')).toEqual([])
}, 120_000)

test('error: too-large for 100 MB, of which little is taken in', async () => {
  let written = 0
  const status = await new Promise<number | string>((resolve) => {
    const { hostname, port } = new URL(relay.url)
    const upload = request(
      {
        ...{ hostname, port, path: '/v1/settlements', method: 'POST' },
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      },
      (answer) => {
        resolve(answer.statusCode ?? 0)
        upload.destroy()
      },
    )
    upload.on('error', (error) => resolve(error.message))
    const chunk = Buffer.alloc(2 ** 20, ' ')
    const write = () => {
      while (written < 100 * 2 ** 20) {
        written += chunk.length
        if (!upload.write(chunk)) return void upload.once('drain', write)
      }
      upload.end()
    }
    write()
  })
  expect(status).toBe(413)
  expect(written).toBeLessThan(40 * 2 ** 20)
  const health = await fetch(`${relay.url}/health`)
  expect(health.status).toBe(200)
})

test('error: bytes that are no UTF-8, another content type, a length that lies', async () => {
  const send = async (init: RequestInit) => {
    const answer = await fetch(`${relay.url}/v1/settlements`, { method: 'POST', ...init })
    return ((await answer.json()) as { code: string }).code
  }
  const headers = { 'content-type': 'application/json' }
  expect(await send({ headers, body: new Uint8Array([0x7b, 0xff, 0x7d]) })).toBe('malformed')
  expect(await send({ headers, body: new Uint8Array([0xe2, 0x82]) })).toBe('malformed')
  expect(await send({ body: new URLSearchParams({ a: '1' }) })).toBe('not-json')
})

test('behavior: of a request with good and bad batches the good ones are settled, and each is answered', async () => {
  const party = await stage.authorizedParty()
  const good = await stage.newLog(party).batch(0n, 1)
  const gap = await stage.newLog(party).batch(3n, 1)
  const stranger = await stage.newLog(stage.newParty()).batch(0n, 1)
  const mixed = stage.bodyOf([gap, good, stranger])
  const { status, json } = await stage.post(relay.url, '/v1/settlements', mixed, {
    prefer: 'respond-async, wait=10',
  })
  expect(status).toBe(200)
  expect(json.settlements).toMatchObject([
    { status: 'refused', problem: { code: 'batch-gap' } },
    { status: 'settled', root: good.batch.root },
    { status: 'refused', problem: { reason: 'InferenceLog_SessionKeyNotAuthorized' } },
  ])
})
