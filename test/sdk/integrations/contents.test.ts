import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ContentNotKeptError,
  type ContentStore,
  ContentStoreError,
  fileContentStore,
  fileJournal,
  type Recorder,
  type RecorderOptions,
} from '@assay/sdk'
import OpenAI from 'openai'
import { type Hex, sha256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Provider, startProvider } from './support/provider.ts'
import { shown } from '../support/shown.ts'
import { emptyDirectory, localRecorder, stopRecorders } from './support/recorder.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(async () => {
  await stopRecorders()
  await provider.stop()
})

const bytes = (text: string) => new TextEncoder().encode(text)
const digest = (text: string) => sha256(bytes(text))
const text = (content: { bytes: Uint8Array } | undefined) =>
  content && new TextDecoder().decode(content.bytes)

/** A recorder that keeps contents, with what it told and where it keeps them. */
async function keeping(options: RecorderOptions = {}) {
  const directory = await emptyDirectory()
  const told: unknown[] = []
  const recorder = await localRecorder({
    journal: fileJournal({ directory: join(directory, 'journal') }),
    recordInputs: true,
    recordOutputs: true,
    onError: (error) => told.push(error),
    ...options,
  })
  return { recorder, told, directory: join(directory, 'content') }
}

async function chat(recorder: Recorder, content: string, stream = false) {
  const baseURL = `${provider.origin}/v1`
  const openai = new OpenAI({ apiKey: 'k', baseURL, fetch: recorder.fetch })
  const ask = { model: 'm', messages: [{ role: 'user' as const, content }] }
  if (!stream) return recorder.receiptOf(await openai.chat.completions.create(ask))
  const streamed = await openai.chat.completions.create({ ...ask, stream })
  for await (const _ of streamed);
  return recorder.receiptOf(streamed)
}

describe('recordInputs and recordOutputs', () => {
  test.each([false, true])(
    'default: keep the bytes that the digests speak of; streamed: %s',
    async (stream) => {
      const { recorder, told } = await keeping()
      const receipt = await chat(recorder, 'Grüße', stream)
      if (!receipt) return expect.unreachable()
      const { request, response } = await recorder.contentOf(receipt)
      expect(JSON.parse(text(request) ?? '')).toMatchObject({ messages: [{ content: 'Grüße' }] })
      expect(text(response)).toContain(stream ? 'data: [DONE]' : '"chat.completion"')
      expect([request?.digest, response?.digest]).toEqual([
        shown(receipt)['request.sha256'],
        shown(receipt)['response.sha256'],
      ])
      expect([request?.masked, response?.masked]).toEqual([false, false])
      expect(await recorder.contentOf(request?.digest ?? '0x')).toEqual(request)
      expect(told).toEqual([])
    },
  )

  test('behavior: nothing is kept unless it is asked for, each side by itself', async () => {
    const { recorder, directory } = await keeping({ recordInputs: undefined, recordOutputs: false })
    const receipt = await chat(recorder, 'Hi')
    if (!receipt) return expect.unreachable()
    expect(await recorder.contentOf(receipt)).toEqual({})
    await expect(readdir(directory)).rejects.toThrow('ENOENT')

    const { recorder: outputs } = await keeping({ recordInputs: false })
    const other = await chat(outputs, 'Hi')
    if (!other) return expect.unreachable()
    expect(Object.keys(await outputs.contentOf(other))).toEqual(['response'])
  })

  test('behavior: of any bytes that record takes', async () => {
    const { recorder } = await keeping()
    const memory = new Uint8Array([9, 1, 2, 3, 9]).buffer
    const recorded = await recorder.record({
      request: new DataView(memory, 1, 3),
      response: new Blob(['out']).stream(),
    })
    const receipt = await recorder.waitForSettlement(recorded ?? { inferenceId: '0x' })
    const { request, response } = await recorder.contentOf(receipt)
    expect(request?.bytes).toEqual(new Uint8Array([1, 2, 3]))
    expect(text(response)).toBe('out')
  })

  test('behavior: files readable by the user alone, written once, whole', async () => {
    const { recorder, directory } = await keeping()
    await recorder.record({ request: 'in', response: 'out' })
    await recorder.flush()
    const hex = digest('in').slice(2)
    const folder = join(directory, hex.slice(0, 2))
    const file = join(folder, hex)
    expect(await readFile(file, 'utf8')).toBe('in')
    const [first, place] = [await stat(file), await stat(folder)]
    expect([first.mode & 0o777, place.mode & 0o777]).toEqual([0o600, 0o700])
    await recorder.record({ request: 'in', response: 'out' })
    await recorder.flush()
    expect((await stat(file)).ino).toBe(first.ino)
    expect(await readdir(folder)).toEqual([hex])
  })
})

describe('mask', () => {
  test('default: the digest is of the real bytes; the copy stands under its own, and says that it is one', async () => {
    const seen: unknown[] = []
    const { recorder, directory } = await keeping({
      recordInputs: {
        mask(given, about) {
          seen.push([new TextDecoder().decode(given), about])
          given.fill(0x2a, 0, 6)
          return given
        },
      },
    })
    const recorded = await recorder.record({
      request: 'secret in',
      response: 'out',
      endpoint: 'https://x.example/v1',
    })
    const receipt = await recorder.waitForSettlement(recorded ?? { inferenceId: '0x' })
    expect(seen).toEqual([['secret in', { kind: 'request', url: 'https://x.example/v1' }]])
    expect(shown(receipt)['request.sha256']).toBe(digest('secret in'))
    const copy = { bytes: bytes('****** in'), digest: digest('****** in'), masked: true }
    expect(await recorder.contentOf(receipt)).toMatchObject({
      request: copy,
      response: { masked: false },
    })
    expect(await recorder.contentOf(digest('secret in'))).toEqual(copy)
    expect(await recorder.contentOf(digest('****** in'))).toEqual(copy)
    const files = await readdir(directory, { recursive: true, withFileTypes: true })
    for (const file of files.filter((it) => it.isFile())) {
      expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain('secret')
    }
  })

  test('behavior: of a call it is told the address without query; nothing given back keeps nothing', async () => {
    const seen: unknown[] = []
    const { recorder } = await keeping({
      recordInputs: { mask: (_, about) => void seen.push(about) },
      recordOutputs: { mask: (given) => given },
    })
    const url = `${provider.origin}/v1/chat/completions`
    const response = await recorder.fetch(`${url}?key=secret`, { method: 'POST', body: '{}' })
    await response.text()
    const receipt = await recorder.receiptOf(response)
    if (!receipt) return expect.unreachable()
    expect(seen).toEqual([{ kind: 'request', url }])
    const kept = await recorder.contentOf(receipt)
    expect(Object.keys(kept)).toEqual(['response'])
    expect(kept.response?.masked).toBe(false)
  })

  test('behavior: what is no bytes is told, and keeps nothing of later contents from being kept', async () => {
    const told: unknown[] = []
    const given: unknown[] = [7, 'text', null]
    const recorder = await localRecorder({
      recordInputs: { mask: (bytes) => (given.length > 0 ? (given.pop() as Uint8Array) : bytes) },
      onError: (error) => told.push(error),
    })
    for (let i = 0; i < 3; i++) await recorder.record({ request: 'in', response: 'out' })
    expect(await recorder.contentOf(digest('in'))).toBeUndefined()
    await recorder.record({ request: 'in', response: 'out' })
    expect(await recorder.contentOf(digest('in'))).toMatchObject({ bytes: bytes('in') })
    expect(told).toMatchObject([{ name: 'ContentNotKeptError', problem: 'mask' }])
    expect(recorder.status()).toMatchObject({ recorded: 4, failed: 0 })
  })

  test.each([
    [
      'throws',
      () => {
        throw new TypeError('mine')
      },
    ],
    // Without types a program may hand over one that is async, and Vitest fails where nobody hears its promise.
    ['rejects with', () => Promise.reject(new TypeError('mine'))],
  ])('behavior: what it %s is told once, and nothing unmasked is kept', async (_, mask) => {
    const { recorder, told } = await keeping({
      recordInputs: { mask: mask as unknown as () => undefined },
    })
    for (let i = 0; i < 3; i++) await recorder.record({ request: 'in', response: 'out' })
    await recorder.flush()
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ name: 'ContentNotKeptError', problem: 'mask' })
    expect(await recorder.contentOf(digest('in'))).toBeUndefined()
    expect(recorder.status().recorded).toBe(3)
  })
})

describe('limits and failures', () => {
  test('behavior: what is larger than maxBytes is not kept, and told once', async () => {
    const { recorder, told } = await keeping({
      recordInputs: { maxBytes: 4 },
      recordOutputs: { maxBytes: 8 },
    })
    for (const response of ['12345678', '123456789', new Blob(['123456789'])]) {
      await recorder.record({ request: '1234', response })
    }
    await recorder.record({ request: '12345', response: '' })
    expect(text(await recorder.contentOf(digest('1234')))).toBe('1234')
    expect(text(await recorder.contentOf(digest('12345678')))).toBe('12345678')
    expect(await recorder.contentOf(digest('123456789'))).toBeUndefined()
    expect(await recorder.contentOf(digest('12345'))).toBeUndefined()
    expect(told).toHaveLength(1)
    expect(told[0]).toBeInstanceOf(ContentNotKeptError)
    expect(told[0]).toMatchObject({ problem: 'too-large' })

    const url = `${provider.origin}/v1/chat/completions`
    const response = await recorder.fetch(url, { method: 'POST', body: '{}' })
    const answer = await response.text()
    await (await recorder.fetch(url, { method: 'POST', body: '{"a":1}' })).text()
    await recorder.flush()
    expect(text(await recorder.contentOf(digest('{}')))).toBe('{}')
    expect(await recorder.contentOf(digest('{"a":1}'))).toBeUndefined()
    expect(await recorder.contentOf(digest(answer))).toBeUndefined()
  })

  test('behavior: the oldest are removed when the store is full, and that is told', async () => {
    const directory = await emptyDirectory()
    const store = fileContentStore({ directory, maxTotalBytes: 1_000 })
    const { recorder, told } = await keeping({ contentStore: store, recordOutputs: false })
    const content = (i: number) => String(i).padStart(100, '0')
    for (let i = 0; i < 30; i++) {
      await recorder.record({ request: content(i), response: '' })
      await recorder.flush()
    }
    const kept = await Promise.all(
      Array.from(
        { length: 30 },
        async (_, i) => (await store.get(digest(content(i)))) !== undefined,
      ),
    )
    const oldest = kept.indexOf(true)
    expect(kept.slice(oldest)).not.toContain(false)
    expect(30 - oldest).toBeGreaterThanOrEqual(9)
    expect(30 - oldest).toBeLessThanOrEqual(11)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ problem: 'evicted' })
  })

  test('behavior: a store that can’t be written is told once, and reaches no call', async () => {
    const { recorder, told, directory } = await keeping()
    // In the place of the folder, so that nothing can be made in it, by root either.
    await writeFile(directory, '')
    for (let i = 0; i < 3; i++) expect(await chat(recorder, `Hi ${i}`)).toBeDefined()
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ name: 'ContentNotKeptError', problem: 'write' })
    expect(told[0]).toHaveProperty('cause.name', 'ContentStoreError')
    expect(recorder.status()).toMatchObject({ recorded: 3, dropped: 0, failed: 0 })
  })

  test('behavior: a store that hangs fills no memory, and reaches no call', async () => {
    const hanging: ContentStore = {
      put: () => new Promise(() => {}),
      get: () => Promise.resolve(undefined),
    }
    const { recorder, told } = await keeping({
      contentStore: hanging,
      recordOutputs: { maxBytes: 2 ** 26 },
      exportTimeoutMillis: 200,
    })
    const half = new Uint8Array(2 ** 25)
    for (let i = 0; i < 3; i++) await recorder.record({ request: '', response: half })
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ problem: 'busy' })
    expect(recorder.status().recorded).toBe(3)
    await recorder.flush()
    expect(recorder.status().settled).toBe(3)
  })

  test('error: ContentStoreError for bytes that are not those that were kept', async () => {
    const { recorder, directory } = await keeping()
    await recorder.record({ request: 'in', response: 'out' })
    await recorder.flush()
    const hex = digest('in').slice(2)
    const file = join(directory, hex.slice(0, 2), hex)
    await chmod(file, 0o600)
    await writeFile(file, 'IN')
    await expect(recorder.contentOf(digest('in'))).rejects.toThrow(ContentStoreError)
    await expect(recorder.contentOf(digest('in'))).rejects.toThrow('holds other bytes under')
  })

  test('error: InvalidConfigError for what is no digest, and for a size that is none', async () => {
    const { recorder } = await keeping()
    for (const no of ['0x', '../../etc', `0x${'..'.repeat(32)}`]) {
      await expect(recorder.contentOf(no as Hex)).rejects.toThrow('must be 0x and 64 hex digits')
    }
    await expect(keeping({ recordInputs: { maxBytes: 0 } })).rejects.toThrow(
      'recordInputs.maxBytes',
    )
  })

  test('behavior: several stores on one directory, and what is cut, leave each other alone', async () => {
    const directory = await emptyDirectory()
    const stores = [fileContentStore({ directory }), fileContentStore({ directory })]
    await mkdir(join(directory, 'ab'), { recursive: true })
    await writeFile(join(directory, 'ab', 'left.draft'), 'half')
    const content = { bytes: bytes('in'), digest: digest('in') }
    await Promise.all(stores.flatMap((it) => [it.put(content), it.put(content)]))
    for (const store of stores)
      expect(await store.get(digest('in'))).toMatchObject({ masked: false })
    expect(await stores[0]?.get(toHex(new Uint8Array(32)))).toBeUndefined()
  })
})
