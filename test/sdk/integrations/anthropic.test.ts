import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Provider, startProvider } from './support/provider.ts'
import { shown } from '../support/shown.ts'
import { localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider({ ids: () => 'same' })
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
})

const ask = (model: string) => ({
  model,
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'Hi' }],
})

test('default: an answer, a stream and a message stream have their receipts, by any of their names', async () => {
  const recorder = await localRecorder()
  const anthropic = recorder.openai(
    new Anthropic({ apiKey: 'k', baseURL: provider.origin, maxRetries: 3 }),
  )
  expect(anthropic).toBeInstanceOf(Anthropic)
  expect(anthropic.maxRetries).toBe(3)
  const modelOf = async (of: unknown) => shown(await recorder.receiptOf(of))['model.requested']

  const message = await anthropic.messages.create(ask('m'))
  expect(shown(await recorder.receiptOf(message))).toMatchObject({
    'model.requested': 'm',
    'model.returned': 'm-1',
    outcome: 'complete',
    finish_reason: 'end_turn',
    endpoint: `${provider.origin}/v1/messages`,
  })

  const stream = await anthropic.messages.create({ ...ask('s'), stream: true })
  for await (const _ of stream);
  expect(await modelOf(stream)).toBe('s')

  const runner = anthropic.messages.stream(ask('r'))
  const final = await runner.finalMessage()
  expect(await modelOf(runner)).toBe('r')
  expect(await modelOf(runner.request_id)).toBe('r')

  // All of them have the same id; told apart they are by what else they have, and this has nothing else.
  expect(await modelOf(final)).toBeUndefined()
  expect(await modelOf(message)).toBe('m')
  expect(await modelOf('same')).toBeUndefined()
  expect(await modelOf({ id: 'same' })).toBeUndefined()
})
