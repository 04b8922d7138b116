import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileStreams } from '../../indexer/uploads/file-streams.ts'
import { readTokens, whoseToken } from '../../indexer/uploads/tokens.ts'
import {
  createUploads,
  type SettledState,
  type UploadsOptions,
} from '../../indexer/uploads/uploads.ts'

const kib64 = 65_536
const day = 86_400_000
let directory: string
let states: Map<`0x${string}`, SettledState>
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-uploads-'))
  states = new Map()
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** A process that shares the directory. */
const processWith = (options: Partial<UploadsOptions> = {}) =>
  createUploads({
    ...{ directory, maxBytesOfName: 4 * kib64, maxBytes: 6 * kib64, maxAgeMillis: 7 * day },
    ...{ asideMillis: 0, settledStates: async () => states, ...options },
  })
const digest = (n: number) => toHex(n, { size: 32 })
const fileOf = (n: number) => digest(n).slice(2)
/** Puts data as the handler does: admitted, then written. */
async function put(uploads: ReturnType<typeof processWith>, n: number, name = 'a', bytes = kib64) {
  const { admitted } = await uploads.admit(name, digest(n), bytes)
  if (admitted) await writeFile(join(directory, fileOf(n)), 'data')
  return admitted
}
const files = async () => (await readdir(directory)).filter((name) => name !== 'uploads').sort()
/** Makes it look put so many days ago. */
async function age(n: number, days: number) {
  const ledger = join(directory, 'uploads')
  const name = (await readdir(ledger)).find((it) => it.startsWith(fileOf(n)))!
  const then = new Date(Date.now() - days * day)
  await utimes(join(ledger, name), then, then)
}

describe('limits', () => {
  test('default: of a name, and of all together; the small count as 64 KiB', async () => {
    const uploads = processWith()
    for (const n of [1, 2, 3, 4]) expect(await put(uploads, n, 'a', 1)).toBe(true)
    expect(await uploads.admit('a', digest(5), 1)).toEqual({
      ...{ admitted: false, status: 429 },
      problem: 'a has 262144 bytes here that no settlement names: settle some of them first',
    })
    expect(await put(uploads, 6, 'b')).toBe(true)
    expect(await put(uploads, 7, 'b')).toBe(true)
    expect(await uploads.admit('b', digest(8), 1)).toMatchObject({ admitted: false, status: 507 })
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(6)
  })

  test('behavior: many at once, over several processes, never have more together', async () => {
    const processes = [processWith(), processWith(), processWith()]
    const admitted = await Promise.all(
      Array.from({ length: 60 }, (_, i) => put(processes[i % 3]!, i + 1, `n${i % 5}`)),
    )
    const count = admitted.filter(Boolean).length
    expect(count).toBeLessThanOrEqual(6)
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(count)
    // All that was refused left its room.
    const free = 6 - count
    for (let i = 0; i < free; i++) expect(await put(processes[0]!, 100 + i, `m${i}`)).toBe(true)
  })

  test('behavior: the account outlives the process', async () => {
    for (const n of [1, 2, 3, 4]) await put(processWith(), n)
    expect(await put(processWith(), 5)).toBe(false)
  })

  test('behavior: what is settled for good makes room, and stays', async () => {
    const uploads = processWith()
    for (const n of [1, 2, 3, 4]) await put(uploads, n)
    states.set(digest(1), 'settled')
    await uploads.prune()
    expect(await put(uploads, 5)).toBe(false)
    states.set(digest(1), 'final')
    await uploads.prune()
    expect(await put(uploads, 5)).toBe(true)
    expect(await files()).toEqual([1, 2, 3, 4, 5].map(fileOf))
  })

  test('behavior: put again, or settled already, or loaded from elsewhere, it takes no room', async () => {
    const uploads = processWith()
    for (const n of [1, 2, 3, 4]) await put(uploads, n)
    expect(await put(uploads, 4)).toBe(true)
    states.set(digest(5), 'final')
    expect(await put(uploads, 5)).toBe(true)
    await writeFile(join(directory, fileOf(6)), 'loaded')
    expect(await put(uploads, 6)).toBe(true)
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(4)
  })
})

describe('pruning', () => {
  /** Twice: what is set aside goes the next time. */
  const prune = async (uploads: ReturnType<typeof processWith>) =>
    (await uploads.prune()) + (await uploads.prune())

  test('default: what was never settled goes; what is younger, settled, or was loaded, stays', async () => {
    const uploads = processWith()
    for (const n of [1, 2, 3]) await put(uploads, n)
    await writeFile(join(directory, fileOf(9)), 'loaded')
    for (const n of [1, 3]) await age(n, 8)
    await age(2, 6)
    states.set(digest(3), 'final')
    expect(await prune(uploads)).toBe(1)
    expect(await files()).toEqual([2, 3, 9].map(fileOf))
    expect(await put(uploads, 1)).toBe(true)
  })

  test('behavior: the time begins anew where a settlement was taken back', async () => {
    const uploads = processWith()
    await put(uploads, 1)
    await age(1, 8)
    states.set(digest(1), 'settled')
    expect(await prune(uploads)).toBe(0)
    states.delete(digest(1))
    expect(await prune(uploads)).toBe(0)
    expect(await files()).toEqual([fileOf(1)])
  })

  test.each<[string, (uploads: ReturnType<typeof processWith>) => unknown]>([
    ['it is settled', () => states.set(digest(1), 'settled')],
    ['it is settled for good', () => states.set(digest(1), 'final')],
    ['it is put again', (uploads) => put(uploads, 1)],
  ])('behavior: set aside, it is back when %s meanwhile', async (_, happens) => {
    const uploads = processWith({ asideMillis: 60_000 })
    await put(uploads, 1)
    await age(1, 8)
    expect(await uploads.prune()).toBe(0)
    expect(await files()).toEqual([`${fileOf(1)}.pruned`])
    await happens(uploads)
    expect(await uploads.prune()).toBe(0)
    expect(await files()).toEqual([fileOf(1)])
  })

  test('behavior: what a killed process had set aside is put back', async () => {
    const killed = processWith({ asideMillis: 60_000 })
    await put(killed, 1)
    await age(1, 8)
    await killed.prune()
    const next = processWith()
    await next.restore()
    expect(await files()).toEqual([fileOf(1)])
    expect(await prune(next)).toBe(1)
  })

  test('behavior: room that was taken for data which never came is given back', async () => {
    const uploads = processWith()
    await uploads.admit('a', digest(1), kib64)
    await uploads.prune()
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(1)
    await age(1, 1)
    await uploads.prune()
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(0)
  })

  test('behavior: while the tables can not be asked, nothing goes', async () => {
    const uploads = processWith({ settledStates: () => Promise.reject(new Error('down')) })
    await put(processWith(), 1)
    await age(1, 8)
    await expect(uploads.prune()).rejects.toThrow('down')
    expect(await files()).toEqual([fileOf(1)])
  })
})

describe('tokens', () => {
  test('default: whose a request is', () => {
    const tokens = readTokens('0xAb=0123456789abcdef,b=fedcba9876543210,b=another-one-of-b')
    if ('problem' in tokens) throw new Error(tokens.problem)
    const nameOf = whoseToken(tokens)
    const asked = (token: string) =>
      nameOf(new Request('http://x', { headers: { authorization: `Bearer ${token}` } }))
    expect(asked('0123456789abcdef')).toBe('0xab')
    expect(asked('fedcba9876543210')).toBe('b')
    expect(asked('another-one-of-b')).toBe('b')
    expect(asked('0123456789abcdeF')).toBe(undefined)
    expect(nameOf(new Request('http://x'))).toBe(undefined)
  })
})

describe('reading', () => {
  const streams = (options = {}) =>
    fileStreams({ directory, maxBytes: 2 ** 20, maxReading: 2, stallMillis: 100, ...options })
  const content = Buffer.alloc(700_000, 'content')

  test('default: the file as it is, and nothing where there is none or too much', async () => {
    await writeFile(join(directory, fileOf(1)), content)
    const given = await streams()(digest(1))
    if (!given || given === 'busy') throw new Error('not given')
    expect(given.length).toBe(content.length)
    expect(Buffer.from(await new Response(given.body).arrayBuffer()).equals(content)).toBe(true)
    expect(await streams()(digest(2))).toBe(undefined)
    expect(await streams({ maxBytes: 10 })(digest(1))).toBe(undefined)
    await writeFile(join(directory, fileOf(3)), '')
    const empty = await streams()(digest(3))
    expect(empty && empty !== 'busy' && (await new Response(empty.body).text())).toBe('')
  })

  test('behavior: so many at once; those who take nothing are let go', async () => {
    await writeFile(join(directory, fileOf(1)), content)
    const open = streams()
    const [one] = [await open(digest(1)), await open(digest(1))]
    expect(await open(digest(1))).toBe('busy')
    await expect.poll(() => open(digest(1)), { timeout: 5_000 }).not.toBe('busy')
    if (!one || one === 'busy') throw new Error('not given')
    await expect(new Response(one.body).arrayBuffer()).rejects.toThrow()
    expect((await stat(join(directory, fileOf(1)))).size).toBe(content.length)
  })
})
