import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Provider, startProvider } from './support/provider.ts'
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

/** A platform's context of one request, whose method knows its object as those of platforms do. */
class Context {
  readonly promises: Promise<void>[] = []
  #isOpen = true

  waitUntil(promise: Promise<void>): void {
    if (!this.#isOpen) throw new TypeError('The request is over.')
    this.promises.push(promise)
  }

  end(): void {
    this.#isOpen = false
  }
}

describe('of all requests', () => {
  test('behavior: waitUntil gets a promise as each call begins, which resolves once it is settled', async () => {
    const promises: Promise<void>[] = []
    const recorder = await localRecorder({ waitUntil: (it) => promises.push(it) })
    const openai = new OpenAI({
      apiKey: 'k',
      baseURL: `${provider.origin}/v1`,
      fetch: recorder.fetch,
    })
    const call = openai.chat.completions.create(ask('flaky-wait'))
    await vi.waitFor(() => expect(promises).toHaveLength(1), { interval: 1 })
    await call
    // The first attempt, which was answered by an error, and the second one.
    expect(promises).toHaveLength(2)
    await Promise.all(promises)
    expect(recorder.status()).toMatchObject({ recorded: 1, settled: 1 })
    await recorder.record({ request: 'q', response: 'r' })
    await promises[2]
    expect(recorder.status()).toMatchObject({ recorded: 2, settled: 2 })
  })

  test('behavior: waitUntil is told also of a call that never gets an answer; what it throws is its own', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const promises: Promise<void>[] = []
    const recorder = await localRecorder({
      waitUntil(it) {
        promises.push(it)
        throw new TypeError('mine')
      },
      fetch: () => Promise.reject(new TypeError('no network')),
      onError() {},
    })
    const url = `${provider.origin}/v1/chat/completions`
    await expect(recorder.fetch(url, { method: 'POST', body: '{}' })).rejects.toThrow('no network')
    expect(await Promise.all(promises)).toEqual([undefined])
    const handler = recorder.handler(() => Promise.reject(new TypeError('broken')))
    await expect(handler(new Request(url, { method: 'POST', body: '{}' }))).rejects.toThrow(
      'broken',
    )
    // What can't be looked at goes through unrecorded; the application's own trouble with it stays the same.
    const odd = {
      method: 'POST',
      get body(): string {
        throw new TypeError('no body')
      },
    }
    await expect(recorder.fetch(url, odd)).rejects.toThrow('no network')
    expect(await Promise.all(promises)).toEqual([undefined, undefined, undefined])
    expect(recorder.status()).toMatchObject({ recorded: 0, failed: 1 })
    warn.mockRestore()
  })
})

describe('of one request', () => {
  test('default: capture hands each its own, for the calls that begin inside', async () => {
    const recorder = await localRecorder()
    const openai = new OpenAI({
      apiKey: 'k',
      baseURL: `${provider.origin}/v1`,
      fetch: recorder.fetch,
    })
    const contexts = [new Context(), new Context()]
    const ids = await Promise.all(
      contexts.map((context, i) =>
        recorder.capture(
          async () => {
            for (let n = 0; n <= i; n++) await openai.chat.completions.create(ask('m'))
          },
          { waitUntil: (promise) => context.waitUntil(promise) },
        ),
      ),
    )
    expect(contexts.map(({ promises }) => promises.length)).toEqual([1, 2])
    await Promise.all(contexts.flatMap(({ promises }) => promises))
    expect(recorder.status()).toMatchObject({ recorded: 3, settled: 3 })
    expect(await Promise.all(ids.map(async ({ receipts }) => (await receipts()).length))).toEqual([
      1, 2,
    ])
    // What comes after is nobody's.
    await openai.chat.completions.create(ask('m'))
    expect(contexts.map(({ promises }) => promises.length)).toEqual([1, 2])
  })

  test('behavior: captures inside of it, and what is recorded by hand, count for it too', async () => {
    const recorder = await localRecorder()
    const [outer, inner] = [new Context(), new Context()]
    await recorder.capture(
      async () => {
        await recorder.record({ request: 'q', response: 'a' })
        await recorder.capture(() => recorder.record({ request: 'q', response: 'b' }), {
          waitUntil: (promise) => inner.waitUntil(promise),
        })
      },
      { waitUntil: (promise) => outer.waitUntil(promise) },
    )
    expect([outer.promises.length, inner.promises.length]).toEqual([2, 1])
    await Promise.all([...outer.promises, ...inner.promises])
    expect(recorder.status()).toMatchObject({ recorded: 2, settled: 2 })
  })

  test('default: a handler takes that of the context it is given, also beside that of all requests', async () => {
    const all: Promise<void>[] = []
    const recorder = await localRecorder({ waitUntil: (it) => all.push(it) })
    const worker = {
      fetch: recorder.handler((request, env: { name: string }, context: Context) => {
        expect(context).toBeInstanceOf(Context)
        return Response.json({ path: new URL(request.url).pathname, env })
      }),
    }
    const contexts = ['/v1/chat/completions', '/v1/models', '/v1/embeddings'].map(async (path) => {
      const context = new Context()
      const request = new Request(`http://localhost${path}`, { method: 'POST', body: '{}' })
      const response = await worker.fetch(request, { name: 'e' }, context)
      expect(await response.json()).toEqual({ path, env: { name: 'e' } })
      context.end()
      return context.promises
    })
    const promises = await Promise.all(contexts)
    expect(promises.map((it) => it.length)).toEqual([1, 0, 1])
    expect(all).toHaveLength(2)
    await Promise.all(promises.flat())
    expect(recorder.status()).toMatchObject({ recorded: 2, settled: 2 })
  })

  test('behavior: a context that throws, or has none, reaches neither the answer nor the recording', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const recorder = await localRecorder()
    const over = new Context()
    over.end()
    const handler = recorder.handler((_, ..._rest: unknown[]) => Response.json({}))
    const request = () =>
      new Request('http://localhost/v1/chat/completions', { method: 'POST', body: '{}' })
    const given = [[], [over], [null, undefined], [{ waitUntil: 7 }], [{}, over, 'text']]
    for (const rest of given) expect(await (await handler(request(), ...rest)).json()).toEqual({})
    await recorder.flush()
    expect(recorder.status()).toMatchObject({ recorded: given.length, failed: 0 })
    expect(warn).toHaveBeenCalledTimes(2)
    warn.mockRestore()
  })
})
