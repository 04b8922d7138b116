/** A record that is repeated under its key stands once. */
import { toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { createInProcess } from './support/collector.ts'
import {
  at,
  exchange,
  expectVerified,
  receiptOf,
  running,
  start,
  useSession,
} from './support/collecting.ts'

useSession()

describe('once', () => {
  const keyed = { ...exchange, idempotencyKey: 'k-1', servedAt: 1_760_000_000_000 }

  test('default: a repeated record is the same inference, at once, later, and in the next run', async () => {
    const running = await start()
    const answers = await Promise.all([1, 2, 3, 4].map(() => running.post(keyed)))
    const inferenceId = answers[0]?.json.inferenceId
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
    expect(new Set(answers.map(({ json }) => json.inferenceId)).size).toBe(1)
    const later = await running.post(exchange, { 'idempotency-key': '"k-1"' })
    expect([later.status, later.json]).toEqual([
      200,
      { inferenceId, sequence: '0', repeated: true },
    ])
    await running.collector.book.close(2_000)

    const next = await start({ directory: running.directory })
    const again = await next.post(keyed)
    expect([again.status, again.json]).toEqual([
      200,
      { inferenceId, sequence: '0', repeated: true },
    ])
    const other = await next.post({ ...keyed, idempotencyKey: 'k-2' })
    expect([other.status, other.json.sequence]).toEqual([201, '1'])
    const line = await next.post([keyed, { ...keyed, idempotencyKey: 'k-3' }, keyed])
    expect([line.status, line.json.inferences]).toMatchObject([
      201,
      [{ inferenceId }, { sequence: '2', repeated: false }, { inferenceId, repeated: true }],
    ])
  })

  test('behavior: keys are known from journals that another run has begun', async () => {
    const first = await start()
    const { json } = await first.post(keyed)
    // It still holds its journal, as a process that hangs does: the next one begins another.
    const next = await start({ directory: first.directory })
    expect((await next.post(keyed)).json).toEqual({ ...json, repeated: true })
    expect((await next.ask(`/v1/inferences/${json.inferenceId}`)).json.inferenceId).toBe(
      json.inferenceId,
    )
    await expectVerified(await receiptOf(next, json.inferenceId))
  })

  test('behavior: a key is known under another session key, too', async () => {
    const first = await start()
    const { json } = await first.post(keyed)
    await receiptOf(first, json.inferenceId)
    await first.collector.book.close(2_000)
    const sessionKey = await at.newKey(4_102_444_800)
    const sessionAccount = privateKeyToAccount(sessionKey)
    const next = await createInProcess(
      { ...at, sessionKey, sessionAccount },
      { directory: first.directory },
    )
    running.push(next)
    expect((await next.post(keyed)).json).toEqual({ ...json, repeated: true })
    await expectVerified(await receiptOf(next, json.inferenceId))
    const other = await next.post({ ...keyed, idempotencyKey: 'k-2' })
    expect(other.json.sequence).toBe('0')
    await expectVerified(await receiptOf(next, other.json.inferenceId))
  })

  const changes: Record<string, object> = {
    request: { request: { text: 'other' } },
    response: { response: { text: 'other' } },
    model: { model: { requested: 'm' } },
    outcome: { outcome: 'error' },
    servedAt: { servedAt: 1 },
    modelId: { modelId: toHex(1, { size: 32 }) },
    extensions: { extensions: { a: { text: 'b' } } },
    messages: { messages: [{ json: 1 }] },
  }
  test('error: key-reused for another record, under way and kept', async () => {
    const running = await start()
    const [, raced] = await Promise.all([
      running.post(keyed),
      running.post({ ...keyed, outcome: 'error' }),
    ])
    expect([raced.status, raced.json.code]).toEqual([422, 'key-reused'])
    for (const [name, change] of Object.entries(changes)) {
      const { status, json } = await running.post({ ...keyed, ...change })
      expect([status, json.code], name).toEqual([422, 'key-reused'])
    }
    const several = await running.post([
      { ...keyed, idempotencyKey: 'k-9' },
      { ...keyed, outcome: 'error' },
    ])
    expect([several.status, several.json]).toMatchObject([
      422,
      {
        code: 'key-reused',
        inferences: [{ repeated: false }, { problem: { code: 'key-reused' } }],
      },
    ])
    expect((await running.ask('/v1/status')).json.recorded).toBe(2)
  })

  test('behavior: the newest are remembered, others forgotten; all are found by their ids', async () => {
    const running = await start({ limits: { remember: 2 } })
    const ids: string[] = []
    for (const n of [0, 1, 2, 3, 4, 5]) {
      const { json } = await running.post({ ...keyed, idempotencyKey: `n-${n}` })
      ids.push(json.inferenceId)
    }
    expect((await running.post({ ...keyed, idempotencyKey: 'n-5' })).json.repeated).toBe(true)
    expect((await running.post({ ...keyed, idempotencyKey: 'n-0' })).json.repeated).toBe(false)
    for (const id of ids) expect((await running.ask(`/v1/inferences/${id}`)).status).toBe(200)
    const unknown = await running.ask(`/v1/inferences/${toHex(5, { size: 32 })}`)
    expect([unknown.status, unknown.json.code]).toEqual([404, 'not-found'])
  })
})
