import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidConfigError } from '@assay/sdk'
import { fileStore } from '@assay/sdk/stores'
import { describe, expect, test } from 'vitest'
import { randomBatch } from './support/batches.ts'
import { scratch } from './support/scratch.ts'

const root = process.getuid?.() === 0

test('default: one file a batch, by its digest, readable by all, and nothing else', async () => {
  const directory = join(await scratch(), 'not', 'there', 'yet')
  const { data, digest, name } = randomBatch()
  expect(await fileStore({ directory }).put(data, digest)).toEqual({ uri: undefined })
  expect(await readdir(directory)).toEqual([name])
  expect((await readFile(join(directory, name))).equals(data)).toBe(true)
  const umask = process.umask()
  expect((await stat(join(directory, name))).mode & 0o777).toBe(0o644 & ~umask)
  expect((await stat(directory)).mode & 0o777).toBe(0o755 & ~umask)
})

test('behavior: the URI is below where a server serves the directory, and holds nothing secret', async () => {
  const directory = await scratch()
  const { data, digest, name } = randomBatch()
  const publicUrl = 'https://data.example/batches/?sig=secret#there'
  const store = fileStore({ directory, publicUrl })
  expect(await store.put(data, digest)).toEqual({ uri: `https://data.example/batches/${name}` })
})

test('behavior: what is damaged, or in the way, is replaced', async () => {
  const directory = await scratch()
  const store = fileStore({ directory })
  const damaged = randomBatch()
  const cut = randomBatch()
  await writeFile(join(directory, damaged.name), Buffer.alloc(damaged.data.length))
  await writeFile(join(directory, cut.name), cut.data.subarray(0, 10))
  await expect(store.get(damaged.digest)).rejects.toMatchObject({ problem: 'altered' })
  for (const { data, digest, name } of [damaged, cut]) {
    await store.put(data, digest)
    expect((await readFile(join(directory, name))).equals(data)).toBe(true)
  }
})

test('behavior: a link in the way is replaced, and what it leads to left alone', async () => {
  const directory = await scratch()
  const other = join(await scratch(), 'other')
  await writeFile(other, 'other')
  const { data, digest, name } = randomBatch()
  await symlink(other, join(directory, name))
  await fileStore({ directory }).put(data, digest)
  expect(await readFile(other, 'utf8')).toBe('other')
  expect((await readFile(join(directory, name))).equals(data)).toBe(true)
})

test('behavior: drafts that a dead process left go, those of a living one stay', async () => {
  const directory = await scratch()
  await writeFile(join(directory, 'a.draft'), '')
  await writeFile(join(directory, 'b.draft'), '')
  const yesterday = new Date(Date.now() - 86_400_000)
  await utimes(join(directory, 'a.draft'), yesterday, yesterday)
  const { data, digest, name } = randomBatch()
  await fileStore({ directory }).put(data, digest)
  expect(new Set(await readdir(directory))).toEqual(new Set(['b.draft', name]))
})

test('behavior: no reader ever meets a part of a file', async () => {
  const directory = await scratch()
  const store = fileStore({ directory })
  const { data, digest, name } = randomBatch(50_000)
  const state = { done: false, seen: 0 }
  const reading = (async () => {
    while (!state.done) {
      const bytes = await readFile(join(directory, name)).catch(() => undefined)
      if (bytes) expect(bytes.length).toBe(data.length)
      if (bytes) state.seen++
    }
  })()
  for (let i = 0; i < 10; i++) {
    await store.put(data, digest)
    await rm(join(directory, name))
  }
  state.done = true
  await reading
  expect(state.seen).toBeGreaterThan(0)
})

describe('what cannot be written', () => {
  test('error: BatchStoreError, the directory is a file', async () => {
    const directory = join(await scratch(), 'file')
    await writeFile(directory, '')
    const { data, digest } = randomBatch()
    const put = fileStore({ directory }).put(data, digest)
    await expect(put).rejects.toMatchObject({ name: 'BatchStoreError', problem: 'unavailable' })
  })

  test('error: BatchStoreError, something that is no file is in the way, and no draft stays', async () => {
    const directory = await scratch()
    const { data, digest, name } = randomBatch()
    await mkdir(join(directory, name, 'full'), { recursive: true })
    const put = fileStore({ directory }).put(data, digest)
    await expect(put).rejects.toMatchObject({ name: 'BatchStoreError', problem: 'unavailable' })
    expect(await readdir(directory)).toEqual([name])
  })

  test.skipIf(root)('error: BatchStoreError, the directory may not be written', async () => {
    const directory = await scratch()
    await chmod(directory, 0o555)
    const { data, digest } = randomBatch()
    const put = fileStore({ directory }).put(data, digest)
    await expect(put).rejects.toMatchObject({ name: 'BatchStoreError', problem: 'unavailable' })
  })

  // A device that is full for everybody, root included.
  test.skipIf(process.platform !== 'linux')('error: BatchStoreError, no space', async () => {
    const { data, digest } = randomBatch()
    const put = fileStore({ directory: '/dev/full' }).put(data, digest)
    await expect(put).rejects.toMatchObject({ name: 'BatchStoreError', problem: 'unavailable' })
  })

  test('error: InvalidConfigError, a public URL that is none', () => {
    for (const publicUrl of ['nowhere', 'ftp://x', 'https://a:secret@x', 'file:///srv']) {
      const make = () => fileStore({ directory: '.', publicUrl })
      expect(make).toThrow(InvalidConfigError)
      expect(make).not.toThrow(/secret/)
    }
  })
})
