import Anthropic from '@anthropic-ai/sdk'
import {
  attachMessages,
  fileJournal,
  type InferenceReceipt,
  InvalidInputError,
  MessagesNotCommittedError,
  redactReceipt,
  type Recorder,
  verifyReceipt,
} from '@assay/sdk'
import OpenAI from 'openai'
import { hexToBytes } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkMessages } from '../../../sdk/src/verify/checks/messages.ts'
import { type Provider, startProvider } from './support/provider.ts'
import { emptyDirectory, localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
let recorder: Recorder
const told: unknown[] = []
beforeAll(async () => {
  provider = await startProvider()
  recorder = await localRecorder({ commitMessages: true, onError: (error) => told.push(error) })
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
})

const chat = [
  { role: 'system' as const, content: 'Antworte mit einem Wort.' },
  { role: 'user' as const, content: 'Grüße? 🙂', name: 'ä' },
  { role: 'assistant' as const, content: null },
  { role: 'user' as const, content: [{ type: 'text' as const, text: 'ja' }] },
]
const client = (by: Recorder) =>
  new OpenAI({ apiKey: 'k', baseURL: `${provider.origin}/v1`, fetch: by.fetch })

/** Each message can be shown alone, at its place, and what is shown verifies. */
async function expectMessages(receipt: InferenceReceipt | undefined, messages: readonly unknown[]) {
  if (!receipt) return expect.unreachable('there is no receipt')
  expect(receipt.messages?.opened).toHaveLength(messages.length)
  for (const [i, message] of messages.entries()) {
    const shown = attachMessages(redactReceipt(receipt, { reveal: [`messages[${i}]`] }), [message])
    const [opened] = shown.messages?.opened ?? []
    expect(opened?.index).toBe(String(i))
    expect(JSON.parse(opened?.json ?? '')).toEqual(message)
    expect(checkMessages({ receipt: shown })?.status).toBe('verified')
    const { checks } = await verifyReceipt(shown)
    expect(checks.find(({ name }) => name === 'commitment')?.status).toBe('verified')
  }
}

describe('commitMessages', () => {
  test.each([false, true])('default: OpenAI’s chat completions; streamed: %s', async (stream) => {
    const answer = await client(recorder).chat.completions.create({
      model: 'm',
      messages: chat,
      stream,
    })
    if (stream) for await (const _ of answer as AsyncIterable<unknown>);
    await expectMessages(await recorder.receiptOf(answer), chat)
  })

  test('behavior: OpenAI’s responses, where the input is a list of messages', async () => {
    const { responses } = client(recorder)
    const input = [
      { role: 'user' as const, content: 'a' },
      { type: 'function_call_output' as const, call_id: 'c', output: '7' },
    ]
    await expectMessages(
      await recorder.receiptOf(await responses.create({ model: 'm', input })),
      input,
    )
    const plain = await recorder.receiptOf(await responses.create({ model: 'm', input: 'a' }))
    expect(plain).toBeDefined()
    expect(plain?.messages).toBeUndefined()
  })

  test('behavior: Anthropic’s messages', async () => {
    const anthropic = new Anthropic({
      apiKey: 'k',
      baseURL: provider.origin,
      fetch: recorder.fetch,
    })
    const messages = [{ role: 'user' as const, content: 'a' }]
    const answer = await anthropic.messages.create({ model: 'm', max_tokens: 9, messages })
    await expectMessages(await recorder.receiptOf(answer), messages)
  })

  test('behavior: bodies of bytes, and those that come in pieces', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ model: 'm', messages: chat }))
    const bodies = [bytes, new Blob([bytes]), new Blob([bytes]).stream()]
    for (const body of bodies) {
      const answer = await recorder.fetch(`${provider.origin}/v1/chat/completions`, {
        ...{ method: 'POST', body, duplex: 'half' },
      })
      await answer.text()
      await expectMessages(await recorder.receiptOf(answer), chat)
    }
    const request = new Request(`${provider.origin}/v1/chat/completions`, {
      method: 'POST',
      body: bytes,
    })
    const answer = await recorder.fetch(request)
    await answer.text()
    await expectMessages(await recorder.receiptOf(answer), chat)
  })

  test('behavior: embeddings have none', async () => {
    const answer = await client(recorder).embeddings.create({ model: 'm', input: ['a', 'b'] })
    const receipt = await recorder.receiptOf(answer)
    expect(receipt?.fields.leafHashes).toHaveLength(9)
    expect(receipt?.messages).toBeUndefined()
  })

  test('behavior: what can’t be committed to is recorded without, and told once', async () => {
    const send = async (messages: unknown[]) => {
      const body = JSON.stringify({ model: 'm', messages })
      const url = `${provider.origin}/v1/chat/completions`
      const answer = await recorder.fetch(url, { method: 'POST', body })
      await answer.text()
      return recorder.receiptOf(answer)
    }
    const many = Array.from({ length: 1025 }, () => ({ role: 'user', content: 'a' }))
    const half = [{ role: 'user', content: '\ud83d' }]
    for (const messages of [many, half, half, many]) {
      const receipt = await send(messages)
      expect(receipt?.fields.opened.some(({ name }) => name === 'request.sha256')).toBe(true)
      expect(receipt?.messages).toBeUndefined()
    }
    expect(told.map((error) => (error as MessagesNotCommittedError).problem)).toEqual([
      'too-many',
      'not-canonical',
    ])
    expect(told.every((error) => error instanceof MessagesNotCommittedError)).toBe(true)
    const most = await send(many.slice(1))
    expect(most?.messages?.leafHashes).toHaveLength(1024)
    expect(most && checkMessages({ receipt: most })?.status).toBe('verified')
    // As a file it is one that readers take.
    expect(
      redactReceipt(JSON.stringify(most), { reveal: ['messages[1023]'] }).messages,
    ).toBeDefined()
  })

  test('behavior: off, nothing is added', async () => {
    const plain = await localRecorder()
    const answer = await client(plain).chat.completions.create({ model: 'm', messages: chat })
    const receipt = await plain.receiptOf(answer)
    expect(receipt?.fields.leafHashes).toHaveLength(9)
    expect(Object.keys(receipt ?? {})).not.toContain('messages')
  })

  test('behavior: a later run gives the same receipt from the journal', async () => {
    const directory = await emptyDirectory()
    const options = { commitMessages: true, journal: fileJournal({ directory }) }
    const one = await localRecorder(options)
    const answer = await client(one).chat.completions.create({ model: 'm', messages: chat })
    const receipt = await one.receiptOf(answer)
    await one.shutdown()
    const other = await localRecorder({ ...options, commitMessages: false })
    const again = await other.receiptOf(receipt?.inferenceId)
    expect(again).toEqual(receipt)
    await expectMessages(again, chat)
  })

  test('behavior: no salt is used twice', async () => {
    const receipts = await Promise.all(
      [1, 2].map(async () =>
        recorder.receiptOf(
          await client(recorder).chat.completions.create({ model: 'm', messages: chat }),
        ),
      ),
    )
    const salts = receipts.flatMap((receipt) =>
      [...(receipt?.fields.opened ?? []), ...(receipt?.messages?.opened ?? [])].map(
        ({ salt }) => salt,
      ),
    )
    expect(salts.length).toBeGreaterThan(20)
    expect(new Set(salts).size).toBe(salts.length)
  })
})

describe('recorder.record', () => {
  const record = (more: object) => recorder.record({ request: 'q', response: 'a', ...more })

  test('behavior: commits to the messages that it is given', async () => {
    const plain = await localRecorder()
    const messages = [{ role: 'user', content: 'a' }, 'text', 7, null]
    const recorded = await plain.record({
      ...{ request: 'q', response: 'a', messages },
      extensions: Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, name])),
    })
    const receipt = await plain.receiptOf(recorded)
    expect(receipt?.fields.leafHashes).toHaveLength(16)
    await expectMessages(receipt, messages)
    const without = await recorder.receiptOf(await record({}))
    expect(without?.messages).toBeUndefined()
  })

  test('behavior: an extension of that name stays one', async () => {
    const receipt = await recorder.receiptOf(await record({ extensions: { messages: 'mine' } }))
    const value = receipt?.fields.opened.find(({ name }) => name === 'messages')?.value ?? '0x'
    expect(new TextDecoder().decode(hexToBytes(value))).toBe('mine')
    expect(receipt && checkMessages({ receipt })).toBeUndefined()
  })

  test.each<[string, object]>([
    ['none', { messages: [] }],
    ['too many', { messages: Array.from({ length: 1025 }, () => 1) }],
    ['no JSON', { messages: [() => 1] }],
    ['half a character', { messages: ['\ud800'] }],
    ['a field of their name', { messages: [1], extensions: { messages: 'x' } }],
    [
      'seven extensions',
      { messages: [1], extensions: { a: '', b: '', c: '', d: '', e: '', f: '', g: '' } },
    ],
  ])('error: InvalidInputError for %s', async (_, more) => {
    await expect(record(more)).rejects.toThrow(InvalidInputError)
  })
})
