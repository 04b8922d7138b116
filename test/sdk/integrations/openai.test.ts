import { BaseError, memoryJournal, UnsupportedClientError } from '@assay/sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import { sha256 } from 'viem'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { type Provider, startProvider } from './support/provider.ts'
import { shown } from '../support/shown.ts'
import { localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
})

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hi' }] })
const options = () => ({ apiKey: 'k', baseURL: `${provider.origin}/v1` })

describe('recorder.openai', () => {
  test('default: a client of the same class and options is recorded; the given one is not', async () => {
    const recorder = await localRecorder()
    const plain = new OpenAI({ ...options(), maxRetries: 7, organization: 'org' })
    const openai = recorder.openai(plain)
    // Checked by `pnpm typecheck`: whoever adds a recorder has no type to change.
    expectTypeOf(openai).toEqualTypeOf<OpenAI>()
    expectTypeOf(recorder.fetch).toEqualTypeOf<typeof fetch>()
    expect(openai).toBeInstanceOf(OpenAI)
    expect(openai).toMatchObject({ maxRetries: 7, organization: 'org', apiKey: 'k' })
    const completion = await openai.chat.completions.create(ask('m'))
    expect(shown(await recorder.receiptOf(completion))).toMatchObject({ 'model.requested': 'm' })
    await plain.chat.completions.create(ask('m'))
    await recorder.flush()
    expect(recorder.status().recorded).toBe(1)
  })

  test('behavior: a fetch of the client’s own stays in use, of a copy too', async () => {
    const recorder = await localRecorder()
    const seen: unknown[] = []
    const openai = recorder.openai(
      new OpenAI({
        ...options(),
        fetch: (input, init) => {
          seen.push(input)
          return fetch(input, init)
        },
      }),
    )
    await openai.chat.completions.create(ask('m'))
    await openai.withOptions({ timeout: 1000 }).chat.completions.create(ask('m'))
    expect(seen).toHaveLength(2)
    await recorder.flush()
    expect(recorder.status().recorded).toBe(2)
  })

  test('behavior: a client that is recorded already is recorded once', async () => {
    const recorder = await localRecorder()
    const once = recorder.openai(new OpenAI({ ...options(), fetch: recorder.fetch }))
    const twice = recorder.openai(recorder.openai(once))
    await twice.chat.completions.create(ask('m'))
    await recorder.flush()
    expect(recorder.status().recorded).toBe(1)
  })

  test('behavior: AzureOpenAI with apiVersion and deployment as options', async () => {
    const recorder = await localRecorder()
    const azure = recorder.openai(
      new AzureOpenAI({
        endpoint: provider.origin,
        apiKey: 'k',
        apiVersion: '2026-01-01',
        deployment: 'mine',
      }),
    )
    expect(azure).toBeInstanceOf(AzureOpenAI)
    const completion = await azure.chat.completions.create(ask('m'))
    const path = '/openai/deployments/mine/chat/completions'
    expect(provider.paths.at(-1)).toBe(`${path}?api-version=2026-01-01`)
    expect(shown(await recorder.receiptOf(completion)).endpoint).toBe(provider.origin + path)
  })

  test('behavior: a copy that asks again for what Azure was made with gets it', async () => {
    // As AzureOpenAI copied itself before openai 6: by its options, of which apiVersion was none.
    class Forgetful extends OpenAI {
      apiVersion: string
      constructor({
        apiVersion,
        ...rest
      }: ConstructorParameters<typeof OpenAI>[0] & { apiVersion?: string }) {
        if (!apiVersion) throw new TypeError('apiVersion is missing')
        super(rest)
        this.apiVersion = apiVersion
      }
    }
    const recorder = await localRecorder({ journal: memoryJournal() })
    const client = recorder.openai(new Forgetful({ ...options(), apiVersion: '1' }))
    expect(client.apiVersion).toBe('1')
    await client.chat.completions.create(ask('m'))
    await recorder.flush()
    expect(recorder.status().recorded).toBe(1)
  })

  test.each([
    ['it has no `fetch` of its own', {}],
    ['it has no `fetch` of its own', undefined],
    ['it has no `withOptions`', { fetch }],
    ['its `withOptions` ignores `fetch`', { fetch, withOptions: () => ({ fetch }) }],
    [
      'its `withOptions` threw',
      {
        fetch,
        withOptions() {
          throw new TypeError('no')
        },
      },
    ],
  ])('error: UnsupportedClientError, %s', async (problem, client) => {
    const recorder = await localRecorder({ journal: memoryJournal() })
    expect(() => recorder.openai(client)).toThrow(UnsupportedClientError)
    expect(() => recorder.openai(client)).toThrow(problem)
    expect(() => recorder.openai(client)).toThrow('new Client({ fetch: recorder.fetch })')
    expect(() => recorder.openai(client)).toThrow(BaseError)
  })
})

describe('receiptOf with the OpenAI client', () => {
  test('behavior: streams, their tees, withResponse, asResponse, and promises of any', async () => {
    const recorder = await localRecorder()
    const openai = recorder.openai(new OpenAI(options()))
    const streamed = () => openai.chat.completions.create({ ...ask('s'), stream: true })

    const stream = await streamed()
    let last: { id: string } | undefined
    for await (const chunk of stream) last = chunk
    expect(shown(await recorder.receiptOf(stream))).toMatchObject({ outcome: 'complete' })
    expect(await recorder.receiptOf(last)).toEqual(await recorder.receiptOf(stream))

    const [left, right] = (await streamed()).tee()
    for await (const _ of left);
    for await (const _ of right);
    expect(await recorder.receiptOf(left)).toBeDefined()
    expect(await recorder.receiptOf(left)).toEqual(await recorder.receiptOf(right))

    const both = await openai.chat.completions.create(ask('w')).withResponse()
    const receipt = await recorder.receiptOf(both.data)
    expect(shown(receipt)['model.requested']).toBe('w')
    expect(await recorder.receiptOf(both)).toEqual(receipt)
    expect(await recorder.receiptOf(both.response)).toEqual(receipt)
    expect(await recorder.receiptOf(both.request_id)).toEqual(receipt)
    expect(await recorder.receiptOf(both.data.id)).toEqual(receipt)
    // What was written down and read again has no identity, but its ids.
    expect(await recorder.receiptOf(structuredClone(both.data))).toEqual(receipt)

    const promise = openai.chat.completions.create(ask('p'))
    expect(shown(await recorder.receiptOf(promise))['model.requested']).toBe('p')
    const raw = await openai.chat.completions.create(ask('raw')).asResponse()
    await raw.text()
    expect(shown(await recorder.receiptOf(raw))['model.requested']).toBe('raw')
  })

  test('behavior: .parse(), .stream() and the responses API', async () => {
    const recorder = await localRecorder()
    const openai = recorder.openai(new OpenAI(options()))
    const parsed = await openai.chat.completions.parse(ask('parse'))
    expect(shown(await recorder.receiptOf(parsed))['model.requested']).toBe('parse')

    const runner = openai.chat.completions.stream(ask('stream'))
    const final = await runner.finalChatCompletion()
    expect(shown(await recorder.receiptOf(final))['model.requested']).toBe('stream')

    const response = await openai.responses.create({ model: 'r', input: 'Hi' })
    expect(shown(await recorder.receiptOf(response))['model.returned']).toBe('r-1')
    const events = await openai.responses.create({ model: 'rs', input: 'Hi', stream: true })
    let last: unknown
    for await (const event of events) last = event
    expect(shown(await recorder.receiptOf(events))['model.requested']).toBe('rs')
    expect(await recorder.receiptOf(last)).toEqual(await recorder.receiptOf(events))
  })

  test('behavior: embeddings, images and speech, whose answers have no id', async () => {
    const recorder = await localRecorder()
    const openai = recorder.openai(new OpenAI(options()))
    const image = await openai.images.generate({ model: 'i', prompt: 'p' })
    expect(shown(await recorder.receiptOf(image))['model.requested']).toBe('i')
    const embedding = { model: 'e', input: 'Hi', encoding_format: 'float' } as const
    const embedded = await openai.embeddings.create(embedding)
    expect(shown(await recorder.receiptOf(embedded))['model.requested']).toBe('e')
    const speech = await openai.audio.speech.create({ model: 'speech', voice: 'v', input: 'Hi' })
    const bytes = new Uint8Array(await speech.arrayBuffer())
    expect(shown(await recorder.receiptOf(speech))['response.sha256']).toBe(sha256(bytes))

    // Where a server gives no id of the request either, the response itself is what is left.
    const bare = await startProvider({ requestIds: false })
    const other = recorder.openai(new OpenAI({ apiKey: 'k', baseURL: `${bare.origin}/v1` }))
    const both = await other.embeddings.create({ ...embedding, model: 'bare' }).withResponse()
    expect(await recorder.receiptOf(both.data)).toBeUndefined()
    expect(shown(await recorder.receiptOf(both))['model.requested']).toBe('bare')
    await bare.stop()
  })

  test('behavior: a retry is one inference, found as any', async () => {
    const recorder = await localRecorder()
    const openai = recorder.openai(new OpenAI(options()))
    const completion = await openai.chat.completions.create(ask('flaky-1'))
    expect(await recorder.receiptOf(completion)).toBeDefined()
    expect(recorder.status().recorded).toBe(1)
  })

  test('behavior: same ids from two servers, or one twice, are told apart by identity, and never guessed', async () => {
    const [one, two] = [
      await startProvider({ ids: () => 'same', requestIds: false }),
      await startProvider({ ids: () => 'same', requestIds: false }),
    ]
    const recorder = await localRecorder()
    const ask = async ({ origin }: Provider, model: string) => {
      const body = JSON.stringify({ model, messages: [] })
      const url = `${origin}/v1/chat/completions`
      const response = await recorder.fetch(url, { method: 'POST', body })
      return (await response.json()) as object
    }
    const first = await ask(one, 'a')
    const copied = structuredClone(first)
    expect(shown(await recorder.receiptOf(copied))['model.requested']).toBe('a')
    const all = [first, await ask(two, 'b'), await ask(two, 'c')]
    const receipts = await Promise.all(all.map((it) => recorder.receiptOf(it)))
    expect(receipts.map((it) => shown(it)['model.requested'])).toEqual(['a', 'b', 'c'])
    for (const unclear of [copied, 'same', { id: 'same' }]) {
      expect(await recorder.receiptOf(unclear)).toBeUndefined()
    }
    await one.stop()
    await two.stop()
  })

  test('behavior: an event of a stream that still comes in is not taken for an answer of the same id', async () => {
    const recorder = await localRecorder({
      // As a proxy or a server for tests does, whose answers all have one id.
      fetch: () => Promise.resolve(new Response(streams.shift(), { headers })),
    })
    const headers = { 'content-type': 'text/event-stream' }
    const controllers: ReadableStreamDefaultController[] = []
    const streams = Array.from(
      { length: 2 },
      () => new ReadableStream({ start: (it) => void controllers.push(it) }),
    )
    const say = (i: number, text: string) =>
      controllers[i]?.enqueue(new TextEncoder().encode(`data: ${text}\n\n`))
    const client = recorder.openai(new OpenAI({ ...options(), fetch: recorder.fetch }))
    const ended = await client.chat.completions.create({ ...ask('one'), stream: true })
    say(0, '{"id":"same"}')
    say(0, '[DONE]')
    controllers[0]?.close()
    for await (const _ of ended);
    const coming = await client.chat.completions.create({ ...ask('two'), stream: true })
    expect(await recorder.receiptOf('same')).toBeDefined()
    say(1, '{"id":"same"}')
    const { value: event } = await coming[Symbol.asyncIterator]().next()
    expect(event).toEqual({ id: 'same' })
    expect(await recorder.receiptOf(event)).toBeUndefined()
    controllers[1]?.close()
    expect(shown(await recorder.receiptOf(ended))['model.requested']).toBe('one')
  })

  test('behavior: what a provider says to be another inference is not taken for it', async () => {
    const recorder = await localRecorder()
    const first = await recorder.record({ request: 'q', response: 'a' })
    const inferenceId = first?.inferenceId ?? ''
    const ask = async (answer: object) => {
      const said = recorder.openai(
        new OpenAI({ ...options(), fetch: () => Promise.resolve(Response.json(answer)) }),
      )
      const completion = await said.chat.completions.create({ model: 'm', messages: [] })
      const own = (await recorder.receiptOf(completion))?.inferenceId
      expect(own).not.toBe(inferenceId)
      return { own, copy: structuredClone(completion) }
    }
    const members = { inferenceId, sequence: '0' }
    const claims = await ask({ id: 'known', ...members })
    expect((await recorder.receiptOf(claims.copy))?.inferenceId).toBe(claims.own)
    const nameless = await ask({ ...members, choices: [] })
    expect(await recorder.receiptOf(nameless.copy)).toBeUndefined()
    for (const says of [
      { schema: 'assay/receipt/v1', ...members, choices: [] },
      { providerMetadata: { assay: members } },
      { response: { id: 'known' }, request_id: 'known' },
      { steps: [{ providerMetadata: { assay: members } }], responses: [{ id: 'known' }] },
    ]) {
      expect(await recorder.receiptOf((await ask(says)).copy)).toBeUndefined()
    }
    const metadata = await ask({ id: 'other', providerMetadata: { assay: members } })
    expect((await recorder.receiptOf(metadata.copy))?.inferenceId).toBe(metadata.own)
    // Until then the text can only be the inference's own id.
    expect((await recorder.receiptOf(inferenceId))?.inferenceId).toBe(inferenceId)
    const named = await ask({ id: inferenceId })
    expect((await recorder.receiptOf({ id: inferenceId }))?.inferenceId).toBe(named.own)
    expect(await recorder.receiptOf(inferenceId)).toBeUndefined()
    expect((await recorder.receiptOf(first))?.inferenceId).toBe(inferenceId)
  })

  test('behavior: ids that speak of two inferences fit none', async () => {
    const recorder = await localRecorder()
    const openai = recorder.openai(new OpenAI(options()))
    const a = await openai.chat.completions.create(ask('a'))
    const b = await openai.chat.completions.create(ask('b'))
    expect(await recorder.receiptOf({ id: a.id, _request_id: b._request_id })).toBeUndefined()
    expect(await recorder.receiptOf({ id: a.id, _request_id: a._request_id })).toBeDefined()
  })

  test('behavior: one signal of the application for two calls fits none', async () => {
    const recorder = await localRecorder()
    const controller = new AbortController()
    const send = async () => {
      const body = JSON.stringify(ask('m'))
      const { signal } = controller
      const response = await recorder.fetch(`${provider.origin}/v1/chat/completions`, {
        method: 'POST',
        body,
        signal,
      })
      await response.text()
    }
    await send()
    expect(await recorder.receiptOf({ controller })).toBeDefined()
    await send()
    expect(await recorder.receiptOf({ controller })).toBeUndefined()
  })
})
