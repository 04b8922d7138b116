import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/chat-server.ts'
import { type Session, startSession } from '../support/session.ts'
import { shown } from '../support/shown.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

describe('recorder.handler', () => {
  test('default: records the same digests as the client’s side', async () => {
    const operator = await session.recorder()
    const handler = operator.handler(async (request: Request) => {
      const { model } = (await request.json()) as { model: string }
      return Response.json({
        id: 'chatcmpl-op',
        model,
        choices: [{ index: 0, message: { content: 'hi' } }],
      })
    })
    const url = 'http://model.example/v1/chat/completions'
    const builder = await session.recorder({
      fetch: (input, init) => handler(new Request(input, init)),
    })
    const response = await builder.fetch(url, { method: 'POST', body: JSON.stringify(ask('m')) })
    expect(await response.json()).toMatchObject({ model: 'm' })
    const [theirs, ours] = [
      await operator.receiptOf('chatcmpl-op'),
      await builder.receiptOf(response),
    ]
    expect(shown(theirs)).toEqual(shown(ours))
    expect(theirs?.inferenceId).not.toBe(ours?.inferenceId)
  })
})
