import { InvalidBatchDataError, InvalidInputError } from '@assay/sdk'
import { fetchBatchData } from '@assay/sdk/stores'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, backends } from './support/backends.ts'
import { randomBatch } from './support/batches.ts'

describe.each(Object.entries(backends))('%s', (_, start) => {
  let backend: Backend
  beforeAll(async () => {
    backend = await start()
  })
  afterAll(() => backend.stop())

  test('default: what is put is got by its digest, and by its URI', async () => {
    const store = backend.store()
    const { data, digest } = randomBatch(1_000)
    expect(await store.get(digest)).toBeUndefined()
    const { uri } = await store.put(data, digest)
    expect(Buffer.from((await store.get(digest)) ?? []).equals(data)).toBe(true)
    if (uri === undefined) return
    const read = await fetchBatchData(uri, digest, backend.reading)
    expect(Buffer.from(read).equals(data)).toBe(true)
  })

  test('behavior: the same again changes nothing, by another store, and by many at once', async () => {
    const { data, digest } = randomBatch()
    const first = await backend.store().put(data, digest)
    expect(await backend.store().put(data, digest)).toEqual(first)
    const another = randomBatch(100)
    const many = await Promise.all(
      Array.from({ length: 20 }, () => backend.store().put(another.data, another.digest)),
    )
    expect(new Set(many.map(({ uri }) => uri)).size).toBe(1)
    expect(await backend.store().get(another.digest)).toHaveLength(another.data.length)
  })

  test('behavior: a hundred batches at once are all kept', async () => {
    const store = backend.store()
    const batches = Array.from({ length: 100 }, (_, i) => randomBatch(1 + i))
    await Promise.all(batches.map(({ data, digest }) => store.put(data, digest)))
    for (const { data, digest } of batches) {
      expect(Buffer.from((await store.get(digest)) ?? []).equals(data)).toBe(true)
    }
  })

  test('behavior: the digest is taken in capital letters, too', async () => {
    const { data, digest } = randomBatch()
    const { uri } = await backend.store().put(data, digest)
    const capital = `0x${digest.slice(2).toUpperCase()}` as const
    expect(await backend.store().put(data, capital)).toEqual({ uri })
    expect(await backend.store().get(capital)).toHaveLength(data.length)
  })

  test('behavior: what the caller does to the data after the call changes nothing', async () => {
    const { data, digest } = randomBatch(1_000)
    const given = data.slice()
    const put = backend.store().put(given, digest)
    given.fill(0)
    const [outcome] = await Promise.allSettled([put])
    // Either the bytes of the call, or nothing: never others.
    const kept = await backend.store().get(digest)
    if (outcome.status === 'fulfilled') expect(kept).toBeDefined()
    if (kept) expect(Buffer.from(kept).equals(data)).toBe(true)
  })

  test('behavior: an aborted put rejects with the reason of the signal', async () => {
    const { data, digest } = randomBatch()
    const reason = new Error('not any more')
    await expect(
      backend.store().put(data, digest, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    await expect(backend.store().get(digest, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
    expect(await backend.store().get(digest)).toBeUndefined()
  })

  test('error: BatchStoreError, data that is longer than asked for', async () => {
    const { data, digest } = randomBatch(1_000)
    await backend.store().put(data, digest)
    await expect(backend.store().get(digest, { maxBytes: 1_000 })).rejects.toMatchObject({
      name: 'BatchStoreError',
      problem: 'refused',
    })
  })

  test('error: InvalidBatchDataError, another digest than the data has', async () => {
    const { data } = randomBatch()
    const { digest } = randomBatch()
    await expect(backend.store().put(data, digest)).rejects.toThrow(InvalidBatchDataError)
    expect(await backend.store().get(digest)).toBeUndefined()
  })

  test('error: InvalidInputError, no digest', async () => {
    const { data } = randomBatch()
    for (const digest of ['0x', '../../etc/passwd', `0x${'z'.repeat(64)}`, undefined, 7]) {
      await expect(backend.store().put(data, digest as never)).rejects.toThrow(InvalidInputError)
      await expect(backend.store().get(digest as never)).rejects.toThrow(InvalidInputError)
    }
  })
})
