/** What the collector makes of records, asked without a port. */
import { type InferenceReceipt } from '@assay/sdk'
import { toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import {
  at,
  exchange,
  expectVerified,
  openedOf,
  receiptOf,
  sha256,
  start,
  useSession,
} from './support/collecting.ts'

useSession()

describe('records', () => {
  test('default: every member becomes its field; the receipt verifies', async () => {
    const running = await start()
    const { status, json, headers } = await running.post({
      request: { base64: Buffer.from('question é').toString('base64') },
      response: { sha256: sha256('answer') },
      outputText: { text: 'answer text' },
      endpoint: 'https://api.example.com/v1/chat/completions',
      model: { requested: 'm-1', returned: 'm-1-2026' },
      outcome: 'truncated',
      usage: { total_tokens: 11, prompt_tokens: 9 },
      finishReason: 'length',
      messages: [{ json: { role: 'user', content: 'é' } }, { sha256: sha256('"x"') }],
      extensions: { 'provider.response.id': { text: 'c-1' }, raw: { base64: 'AAH/' } },
      modelId: toHex(7, { size: 32 }),
      environmentId: toHex(8, { size: 32 }),
      servedAt: 1_760_000_000_000,
      idempotencyKey: 'call-1',
    })
    expect([status, json]).toEqual([
      201,
      { inferenceId: expect.stringMatching(/^0x[0-9a-f]{64}$/), sequence: '0', repeated: false },
    ])
    expect(headers.get('location')).toBe(`/v1/inferences/${json.inferenceId}`)
    const receipt = await receiptOf(running, json.inferenceId)
    await expectVerified(receipt)
    expect(receipt.inference).toMatchObject({
      modelId: toHex(7, { size: 32 }),
      environmentId: toHex(8, { size: 32 }),
      servedAt: '1760000000000',
    })
    expect(openedOf(receipt)).toEqual({
      'request.sha256': sha256('question é'),
      'response.sha256': sha256('answer'),
      'output.text.sha256': sha256('answer text'),
      endpoint: 'https://api.example.com/v1/chat/completions',
      'model.requested': 'm-1',
      'model.returned': 'm-1-2026',
      outcome: 'truncated',
      usage: '{"prompt_tokens":9,"total_tokens":11}',
      finish_reason: 'length',
      'provider.response.id': 'c-1',
      raw: Buffer.from('AAH/', 'base64').toString(),
      'idempotency.key.sha256': sha256('call-1'),
      messages: expect.stringMatching(/^0x00000002/),
    })
    expect(receipt.messages?.opened.map((message) => message.sha256)).toEqual([
      sha256('{"content":"é","role":"user"}'),
      sha256('"x"'),
    ])
  })

  const answers = {
    'application/json': JSON.stringify({
      id: 'c-1',
      model: 'm-1-2026',
      choices: [{ index: 0, finish_reason: 'stop', message: { content: 'Hello.' } }],
      usage: { total_tokens: 11 },
    }),
    'text/event-stream; charset=utf-8': [
      { id: 'c-1', model: 'm-1-2026', choices: [{ index: 0, delta: { content: 'Hel' } }] },
      { choices: [{ index: 0, delta: { content: 'lo.' }, finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 11 } },
      '[DONE]',
    ]
      .map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
      .join(''),
  }
  test.each(Object.entries(answers))(
    'behavior: what a content says itself is read as the recorder reads it: %s',
    async (contentType, answer) => {
      const body = JSON.stringify({ model: 'm-1', messages: [{ role: 'user', content: 'Hi' }] })
      const endpoint = 'https://api.example.com/v1/chat/completions'
      const recorder = await at.recorder({
        fetch: async () => new Response(answer, { headers: { 'content-type': contentType } }),
      })
      const response = await recorder.fetch(endpoint, { method: 'POST', body })
      await response.text()
      const seen = (await recorder.receiptOf(response)) as InferenceReceipt

      const running = await start()
      const { json } = await running.post({
        request: { text: body, contentType: 'application/json' },
        response: { text: answer, contentType },
        endpoint,
      })
      const told = await receiptOf(running, json.inferenceId)
      expect(openedOf(told)).toEqual(openedOf(seen))
      expect(Object.keys(openedOf(told))).toHaveLength(9)
    },
  )

  test('behavior: what the record says goes before what the content says', async () => {
    const running = await start()
    const { json } = await running.post({
      request: { text: '{"model":"asked"}', contentType: 'application/json' },
      response: { text: '{"model":"said"}', contentType: 'application/json' },
      model: { requested: 'stated', returned: 'stated too' },
    })
    expect(openedOf(await receiptOf(running, json.inferenceId))).toMatchObject({
      'model.requested': 'stated',
      'model.returned': 'stated too',
    })
  })

  test('behavior: several, in their order; none if a line is malformed', async () => {
    const running = await start()
    const lines = ['a', 'b', 'c'].map((text) => ({ ...exchange, request: { text } }))
    const bad = await running.post([...lines, { request: { text: 'no response' } }])
    expect([bad.status, bad.json.code, bad.json.detail]).toEqual([
      400,
      'malformed',
      expect.stringContaining('Line 4: Invalid record: `response` is missing'),
    ])
    const { status, json } = await running.post(lines)
    expect([status, json.inferences.map(({ sequence }) => sequence)]).toEqual([
      201,
      ['0', '1', '2'],
    ])
    const receipts = await Promise.all(
      json.inferences.map(({ inferenceId }) => receiptOf(running, inferenceId)),
    )
    for (const [i, receipt] of receipts.entries()) {
      await expectVerified(receipt)
      expect(openedOf(receipt)['request.sha256']).toBe(sha256('abc'.charAt(i)))
    }
  })

  test('behavior: pending, settled, finalized; a receipt is waited for, or not; a flush hurries', async () => {
    const running = await start({
      recorder: { scheduledDelayMillis: 60_000, finalityPollMillis: 50 },
    })
    const { json } = await running.post(exchange)
    const path = `/v1/inferences/${json.inferenceId}`
    const pending = await running.ask(path)
    expect([pending.status, pending.json]).toMatchObject([200, { state: 'pending' }])
    const early = await running.ask(`${path}/receipt`)
    expect([early.status, early.json.state, early.headers.get('retry-after')]).toEqual([
      202,
      'pending',
      '2',
    ])
    const flushed = await running.ask('/v1/flush', { method: 'POST' })
    expect([flushed.status, flushed.json]).toMatchObject([200, { settled: 1, pending: 0 }])
    expect((await running.ask(path)).json.state).toBe('settled')
    await at.chain.client.mine({ blocks: 100 })
    await expect
      .poll(async () => (await running.ask(path)).json.state, { timeout: 10_000 })
      .toBe('finalized')
    const { json: status } = await running.ask('/v1/status')
    expect(status).toMatchObject({ recorded: 1, settled: 1, finalized: 1, waiting: 0 })
    expect(JSON.stringify(status)).not.toContain(at.sessionKey.slice(2))
  })
})
