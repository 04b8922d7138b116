import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { digest } from '../support/chat-server.ts'
import { type Session, startSession } from '../support/session.ts'
import { shown } from '../support/shown.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

describe('recorder.fetch where things go wrong', () => {
  const url = 'https://api.example.com/v1/chat/completions'
  const post = { method: 'POST', body: '{}' }

  test('behavior: an answer without a body is recorded, with the digest of nothing', async () => {
    const empty = await session.recorder({ fetch: () => Promise.resolve(new Response(null)) })
    const response = await empty.fetch(url, post)
    expect(shown(await empty.receiptOf(response))).toMatchObject({
      'response.sha256': digest(''),
      outcome: 'complete',
    })
  })

  test('behavior: a connection that breaks breaks for the caller as it did, and is on record', async () => {
    const broken = new Error('connection reset')
    const recording = await session.recorder({
      fetch: () => {
        let pieces = 0
        const body = new ReadableStream({
          pull(controller) {
            if (pieces++) controller.error(broken)
            else controller.enqueue(new TextEncoder().encode('data: {}'))
          },
        })
        return Promise.resolve(
          new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
        )
      },
    })
    const response = await recording.fetch(url, post)
    await expect(response.text()).rejects.toBe(broken)
    expect(shown(await recording.receiptOf(response))).toMatchObject({ outcome: 'error' })
  })

  test('behavior: what fetch throws is thrown, once', async () => {
    let calls = 0
    const recording = await session.recorder({
      fetch: () => {
        calls++
        throw new TypeError('no network')
      },
    })
    expect(() => recording.fetch(url, post)).toThrow('no network')
    expect(calls).toBe(1)
  })

  test('behavior: neither a listener nor shouldRecord can disturb a call', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const recording = await session.recorder({
      fetch: () => Promise.resolve(new Response('fine')),
      shouldRecord: () => {
        throw new Error('mine')
      },
      onError: () => {
        throw new Error('mine too')
      },
    })
    expect(await (await recording.fetch(url, post)).text()).toBe('fine')
    expect(recording.status().recorded).toBe(0)
    warn.mockRestore()
  })
})
