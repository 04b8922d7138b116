import { execFile } from 'node:child_process'
import { chmod, mkdir, open, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory, hashModel, openHashCache } from '@assay/attestation/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelPlace } from './support/model-files.ts'

let place: Awaited<ReturnType<typeof modelPlace>>
beforeAll(async () => (place = await modelPlace()))
afterAll(() => place.remove())

const large = () => Buffer.alloc(2 * 2 ** 20, Math.random().toString())
/** Whoever changes a file sets its change time, which no one can set back. */
const aged = () => new Promise((resolve) => setTimeout(resolve, 3200))

let count = 0
const newCache = () => join(place.directory, `cache-${(count += 1)}`)
const hashed = async (model: string, cache: string) => {
  const { known, manifestDigest } = await hashModel([model], { cache: openHashCache(cache) })
  return { known, manifestDigest }
}

describe('openHashCache', () => {
  test('default: a file that has not changed is not read again', async () => {
    const model = await place.model({ a: large(), b: large(), small: 'x' })
    const cache = newCache()
    // Too fresh: it could be written again within the same moment.
    const first = await hashed(model, cache)
    expect([first.known, (await hashed(model, cache)).known]).toEqual([0, 0])
    await aged()
    expect(await hashed(model, cache)).toEqual(first)
    expect(await hashed(model, cache)).toEqual({ ...first, known: 2 })
    expect((await hashModel([model])).known).toBe(0)
  })

  test('behavior: whatever became of a file, it is read again', async () => {
    const model = await place.model({ a: large() })
    const file = join(model, 'a')
    const [cache, other] = [newCache(), large()]
    await utimes(file, 1000, 1000)
    const changes = [
      // As if nobody had touched it.
      async () => {
        const handle = await open(file, 'r+')
        await handle.write(other)
        await handle.close()
        await utimes(file, 1000, 1000)
      },
      async () => {
        await writeFile(`${file}.new`, large())
        await utimes(`${file}.new`, 1000, 1000)
        await rename(`${file}.new`, file)
      },
    ]
    for (const change of changes) {
      await aged()
      const before = await hashed(model, cache)
      expect((await hashed(model, cache)).known).toBe(1)
      await change()
      const after = await hashed(model, cache)
      expect(after.known).toBe(0)
      expect(after.manifestDigest).not.toBe(before.manifestDigest)
      expect(after.manifestDigest).toBe((await hashModel([model])).manifestDigest)
    }
  })

  test('behavior: entries that are damaged, or of others, are none', async () => {
    const model = await place.model({ a: large() })
    await aged()
    const cache = newCache()
    const first = await hashed(model, cache)
    const [entry] = (await readdir(cache, { recursive: true })).filter((it) => it.length > 3)
    const path = join(cache, entry!)
    const good = await readFile(path, 'utf8')
    const lines = good.split('\n')
    const damaged = [
      '',
      good.slice(0, -1),
      `${good}0`,
      `${good}\n`,
      [...lines.slice(0, -1), 'x'.repeat(64)].join('\n'),
      [lines[0], '"/other"', ...lines.slice(2)].join('\n'),
      good.replace('v1', 'v2'),
    ]
    for (const content of damaged) {
      await writeFile(path, content)
      expect(await hashed(model, cache)).toEqual(first)
    }
    expect((await hashed(model, cache)).known).toBe(1)
    // Others could put there what they like.
    await chmod(cache, 0o777)
    expect((await hashed(model, cache)).known).toBe(0)
    const file = join(place.directory, 'no-directory')
    await writeFile(file, '')
    expect(await hashed(model, file)).toEqual(first)
  })

  test('behavior: runs beside each other lose nothing, and see no half of an entry', async () => {
    const model = await place.model(
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, large()])),
    )
    await aged()
    const cache = newCache()
    await mkdir(cache, { mode: 0o700 })
    const script = `
      import { hashModel, openHashCache } from '@assay/attestation/model'
      for (let i = 0; i < 5; i++) {
        const { manifestDigest } = await hashModel([process.argv[1]], { cache: openHashCache(process.argv[2]) })
        console.log(manifestDigest)
      }`
    const run = () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, model, cache], {
        cwd: import.meta.dirname,
      })
    const said = await Promise.all([run(), run(), run()])
    const digests = new Set(said.flatMap(({ stdout }) => stdout.trim().split('\n')))
    expect([...digests]).toEqual([(await hashModel([model])).manifestDigest])
    expect((await hashed(model, cache)).known).toBe(12)
    const left = await readdir(cache, { recursive: true })
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('cacheDirectory', () => {
  test('default: where each system has it', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/c' }, 'linux')).toBe('/c/assay')
    expect(cacheDirectory({ XDG_CACHE_HOME: 'c' }, 'linux')).toMatch(/\/\.cache\/assay$/)
    expect(cacheDirectory({}, 'darwin')).toMatch(/Library\/Caches\/assay$/)
  })
})
