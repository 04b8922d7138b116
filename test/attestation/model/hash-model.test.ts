import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, open, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  hashModel,
  type HashModelOptions,
  type ModelFilesError,
  type ModelProgress,
} from '@assay/attestation/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelPlace, sha256Of, write } from './support/model-files.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
/** Sizes in bytes, far above what may be held, and digests by `head -c <size> /dev/zero | sha256sum`. The long run has one above 4 GiB. */
const large: [number, string][] = [
  [268_435_461, '98c4b20c6e340c38bbf02a24cdc1310690d17efd90b134aafb2f0a253f26bcdb'],
]
if (long) {
  large.push([4_294_967_301, '709fc0b74f7c916cedccb212d681c035f36ffbb31ebfe806eb40c31592744eb5'])
}

let place: Awaited<ReturnType<typeof modelPlace>>
beforeAll(async () => (place = await modelPlace()))
afterAll(() => place.remove())

const refusal = async (path: string, options?: HashModelOptions) => {
  const error = await hashModel([path], options).then(
    () => undefined,
    (thrown: unknown) => thrown as ModelFilesError,
  )
  return error?.code ?? error?.name
}

describe('hashModel', () => {
  test('default: in threads and without them, each file is hashed', async () => {
    const contents = Array.from({ length: 24 }, (_, i) => Buffer.alloc(1_500_000 + i, i))
    const files = Object.fromEntries(contents.map((content, i) => [`d${i % 3}/f${i}`, content]))
    const directory = await place.model({ ...files, empty: '' })
    const told: ModelProgress[] = []
    const threads = [1, 2, 5]
    const hashed = await Promise.all(
      threads.map((count) =>
        hashModel([directory], { threads: count, onProgress: (it) => told.push(it) }),
      ),
    )
    const digests = new Map(hashed[0]!.manifest.files.map(({ path, sha256 }) => [path, sha256]))
    for (const [path, content] of Object.entries(files)) {
      expect(digests.get(path)).toBe(sha256Of(content))
    }
    expect(digests.size).toBe(25)
    for (const { manifestDigest } of hashed) expect(manifestDigest).toBe(hashed[0]!.manifestDigest)
    const bytes = contents.reduce((sum, { length }) => sum + length, 0)
    expect(told.at(-1)).toEqual({ files: 25, bytes, allFiles: 25, allBytes: bytes })
  })

  test('behavior: many files, and names of all kinds', async () => {
    const names = [
      'ä',
      'a\u0308',
      'A',
      'a',
      ' ',
      '-rf',
      '.hidden',
      '名前',
      '\u{1f600}',
      'x'.repeat(255),
    ]
    const directory = await place.model(Object.fromEntries(names.map((name) => [name, name])))
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`many/${i}`, String(i)]),
    )
    await write(directory, many)
    const { manifest } = await hashModel([directory])
    expect(manifest.files).toHaveLength(3010)
    for (const { path, sha256 } of manifest.files) {
      expect(sha256).toBe(sha256Of(path.replace('many/', '')))
    }
  })

  test('behavior: links to files are taken for what they lead to, if that is asked for', async () => {
    const directory = await place.model({ a: '1', 'sub/b': '2' })
    const outside = await place.model({ blob: 'weights' })
    await symlink(join(outside, 'blob'), join(directory, 'model.bin'))
    await symlink('sub', join(directory, 'linked'))
    expect(await refusal(directory)).toBe('link')
    const { manifest, linkedDirectories } = await hashModel([directory], { allowLinks: true })
    expect(manifest.files.map(({ path }) => path)).toEqual(['a', 'model.bin', 'sub/b'])
    expect(manifest.files[1]!.sha256).toBe(sha256Of('weights'))
    expect(linkedDirectories).toEqual(['linked'])
    // Of itself, and of its own directory.
    await symlink('.', join(directory, 'loop'))
    expect((await hashModel([directory], { allowLinks: true })).linkedDirectories).toContain('loop')
    await symlink('gone', join(directory, 'broken'))
    expect(await refusal(directory, { allowLinks: true })).toBe('missing')
    const self = await place.model({})
    await symlink('self', join(self, 'self'))
    expect(await refusal(self, { allowLinks: true })).toBe('unreadable')
  })

  test('error: ModelFilesError: what is no file is not opened', async () => {
    const pipes = await place.model({ a: '1' })
    const [code] = (await once(spawn('mkfifo', [join(pipes, 'pipe')]), 'close')) as [number]
    expect(code).toBe(0)
    expect(await refusal(pipes)).toBe('special')
    const sockets = await place.model({ a: '1' })
    const server = createServer().listen(join(sockets, 's'))
    await once(server, 'listening')
    expect(await refusal(sockets)).toBe('special')
    server.close()
    expect(await refusal('/dev/null')).toBe('special')
    expect(await refusal(join(pipes, 'gone'))).toBe('missing')
    expect(await refusal('a\0b')).toBe('unreadable')
    const odd = await place.model({ 'a\nb': '1' })
    expect(await refusal(odd)).toBe('name')
    const deep = await place.model({ [`${'d/'.repeat(140)}f`]: '1' })
    expect(await refusal(deep)).toBe('too-deep')
  })

  test('error: ModelFilesError: directories without files, and those that are named among others', async () => {
    const directory = await place.model({ 'd/sub/b': '1', a: '2' })
    const refused = async (paths: string[], options?: HashModelOptions) =>
      hashModel(paths, options).catch((error: unknown) => {
        const { code, file } = error as ModelFilesError
        return [code, file]
      })
    // Files are named from here on.
    const cwd = process.cwd()
    process.chdir(directory)
    try {
      expect(await refused(['a', 'd'])).toEqual(['special', 'd'])
      expect(await refused(['d', 'd'])).toEqual(['special', 'd'])
      expect(await refused(['a', 'd'], { ignore: ['d'] })).toMatchObject({ known: 0 })
      expect(await refused(['d'], { ignore: ['sub'] })).toEqual(['missing', 'd'])
    } finally {
      process.chdir(cwd)
    }
  })

  test.skipIf(process.getuid?.() === 0)(
    'error: ModelFilesError: what may not be read',
    async () => {
      const directory = await place.model({ a: '1' })
      await chmod(join(directory, 'a'), 0)
      expect(await refusal(directory)).toBe('unreadable')
    },
  )

  test('error: ModelFilesError: a file that changes while it is hashed', async () => {
    const changes: ((file: string) => Promise<void>)[] = [
      async (file) => {
        const handle = await open(file, 'a')
        await handle.write('more')
        await handle.close()
      },
      (file) => truncate(file, 1000),
      // Written in place, and the time set back.
      async (file) => {
        const handle = await open(file, 'r+')
        await handle.write('other', 0)
        await handle.close()
        await utimes(file, 1000, 1000)
      },
    ]
    for (const change of changes) {
      const directory = await place.model({})
      const file = join(directory, 'large')
      await writeFile(file, '')
      await truncate(file, 600 * 2 ** 20)
      await utimes(file, 1000, 1000)
      let isChanged = false
      const onProgress = ({ bytes }: ModelProgress) => {
        if (bytes === 0 || isChanged) return
        isChanged = true
        void change(file)
      }
      expect(await refusal(directory, { onProgress })).toBe('changed')
      expect(isChanged).toBe(true)
    }
  })

  test.each(large)(
    'behavior: a file of %i bytes is read whole, in little memory',
    async (size, sha256) => {
      const directory = await place.model({})
      await writeFile(join(directory, 'large'), '')
      await truncate(join(directory, 'large'), size)
      const before = process.memoryUsage().rss
      let most = 0
      const onProgress = () => (most = Math.max(most, process.memoryUsage().rss))
      const { manifest } = await hashModel([directory], { onProgress })
      expect(manifest.files).toEqual([{ path: 'large', size: String(size), sha256 }])
      expect(most - before).toBeLessThan(64e6)
    },
    120_000,
  )
})
