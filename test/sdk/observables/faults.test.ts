import { type Journal, memoryJournal, type RecorderOptions } from '@assay/sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { done, json, stream, words } from './answers.ts'
import { type Fetch, observe, startRecorder } from './both-ways.ts'
import { drip, type HostileServer, type Script, startHostileServer } from './server.ts'
import { attempt, settled, shapeOfResponse } from './shapes.ts'

let server: HostileServer
let told: unknown[]
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())
beforeEach(() => {
  told = []
  vi.spyOn(console, 'warn').mockImplementation((line) => void told.push(line))
})
afterEach(() => {
  vi.restoreAllMocks()
})

const path = '/v1/chat/completions'
const post = { method: 'POST', body: '{"model":"m"}' }
const broken: Script = async ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  await drip(response, words.slice(0, 2))
  response.destroy()
}
const scripts: Script[] = [json('{"id":"c-1","model":"m-1"}'), stream([...words, done]), broken]

/** Runs the same calls with a fetch and with a recorder around it that fails in some way. */
async function unharmed(options: RecorderOptions, send: Fetch = globalThis.fetch) {
  const { recorder } = startRecorder({
    fetch: send,
    onError: (error) => told.push(error),
    onDrop: (error) => told.push(error),
    ...options,
  })
  const run = (fetching: Fetch) => async () => {
    const response = await fetching(server.url + path, post)
    const before = attempt(() => shapeOfResponse(response))
    return { before: await before, text: await attempt(() => response.text()) }
  }
  for (const script of scripts) {
    const plain = await observe(server, script, () => settled(run(send)()))
    const recorded = await observe(server, script, () => settled(run(recorder.fetch)()))
    expect(recorded).toEqual(plain)
  }
  return recorder
}

describe('a journal that fails', () => {
  const methods = [
    ...(['addInference', 'addSigned', 'addSettled', 'addProgress', 'sync', 'inferences'] as const),
    ...(['settlementOf', 'sequenceOf', 'compact', 'close'] as const),
  ]
  const failures = {
    throws: () => {
      throw new RangeError('no journal')
    },
    rejects: () => Promise.reject(new RangeError('no journal')),
    'never comes back': () => new Promise<never>(() => undefined),
    'gives nothing': () => undefined,
  }
  /** What is read comes one by one. */
  const iterable = (fail: () => unknown) =>
    async function* () {
      yield (await fail()) as never
    }
  for (const method of methods) {
    for (const [how, fail] of Object.entries(failures)) {
      test(`behavior: ${method} ${how}`, async () => {
        const journal: Journal = (place) => ({
          ...memoryJournal()(place),
          [method]: method === 'inferences' ? iterable(fail) : fail,
        })
        await unharmed({ journal })
      })
    }
  }

  test('behavior: a sync that fails is told', async () => {
    const journal: Journal = (place) => ({ ...memoryJournal()(place), sync: failures.rejects })
    await unharmed({ journal })
    expect(told.length).toBeGreaterThan(0)
  })

  test('behavior: nothing can be settled', async () => {
    await unharmed({ submit: failures.rejects })
    await unharmed({ submit: failures['never comes back'] })
    await unharmed({ submit: failures.throws })
  })
})

describe('listeners that fail', () => {
  const fail = () => {
    throw new RangeError('mine')
  }
  const reject: () => unknown = () => Promise.reject(new RangeError('mine'))
  const options: Record<string, RecorderOptions> = {
    shouldRecord: { shouldRecord: fail },
    'shouldRecord and onError': { shouldRecord: fail, onError: fail },
    onReceipt: { onReceipt: fail },
    'onReceipt and onError': { onReceipt: fail, onError: fail },
    onDrop: { maxQueueSize: 1, onDrop: fail },
    'one that is async': { shouldRecord: fail, onError: reject },
  }
  for (const [name, some] of Object.entries(options)) {
    test(`behavior: ${name}`, async () => {
      const recorder = await unharmed(some)
      await recorder.flush()
      await recorder.shutdown()
    })
  }
})

describe('responses of a fetch of the application’s own', () => {
  const fail = () => {
    throw new RangeError('mine')
  }
  const text = 'mine' as unknown as Error
  /** A response of the network on which one member is another. */
  const withMember =
    (name: keyof Response, property: PropertyDescriptor): Fetch =>
    async (input, init) =>
      Object.defineProperty(await fetch(input, init), name, { configurable: true, ...property })
  const sends: Record<string, Fetch> = {
    'status throws': withMember('status', { get: fail }),
    'statusText throws': withMember('statusText', { get: fail }),
    'status is none': withMember('status', { value: 7 }),
    'headers throw': withMember('headers', { get: fail }),
    'headers that can’t be asked': withMember('headers', { value: { get: fail } }),
    'headers that are none': withMember('headers', { value: undefined }),
    'body throws': withMember('body', { get: fail }),
    'a body that is none': withMember('body', { value: { pipe: fail } }),
    'a body whose reader throws': withMember('body', { value: { locked: false, getReader: fail } }),
    'clone throws': withMember('clone', { value: fail }),
    'ok throws': withMember('ok', { get: fail }),
    'bodyUsed throws': withMember('bodyUsed', { get: fail }),
    'a proxy': async (input, init) => {
      const response = await fetch(input, init)
      return new Proxy(response, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target)
          if (name === 'constructor') return value
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    },
    'an object': async () => ({ ok: true, status: 200, text: async () => 'mine' }) as Response,
    nothing: async () => undefined as unknown as Response,
    'no promise': (() => ({ ok: true, text: () => 'mine' })) as unknown as Fetch,
    'a throw at once': fail,
    'no error but a text': () => Promise.reject(text),
  }
  for (const [name, send] of Object.entries(sends)) {
    test(`behavior: ${name}`, async () => {
      await unharmed({}, send)
    })
  }
})

describe('options of a call that are odd', () => {
  const odd: Record<string, unknown> = {
    'a body that throws': {
      method: 'POST',
      get body() {
        throw new RangeError('mine')
      },
    },
    'a method that is none': { method: 7 },
    'an object as a body': { method: 'POST', body: { toString: () => 'mine' } },
    'a number as a body': { method: 'POST', body: 7 },
    'a text as a signal': { method: 'POST', body: 'x', signal: 'mine' },
    'no object': 'mine',
    null: null,
  }
  for (const [name, init] of Object.entries(odd)) {
    test(`behavior: ${name}`, async () => {
      const { recorder } = startRecorder({ onError: (error) => told.push(error) })
      const run = (send: Fetch) => () =>
        attempt(async () => (await send(server.url + path, init as RequestInit)).text())
      const script: Script = ({ response, body }) => void response.end(body)
      const plain = await observe(server, script, run(globalThis.fetch))
      expect(await observe(server, script, run(recorder.fetch))).toEqual(plain)
      await recorder.shutdown()
    })
  }
})
