import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { fileJournal, type FileJournalOptions, memoryJournal, type OpenJournal } from '@assay/sdk'
import { bytesToHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  fill,
  inferenceAt,
  inferencesIn,
  place,
  settle,
  signature,
} from './support/journal-records.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-journal-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const open = (options: FileJournalOptions = {}, where = place) =>
  fileJournal({ directory, ...options })(where)

async function collected<T>(groups: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const group of groups) all.push(...group)
  return all
}

async function folderOf(): Promise<string> {
  const [folder] = await readdir(directory)
  return join(directory, folder as string)
}

async function segments(): Promise<string[]> {
  const folder = await folderOf()
  const names = (await readdir(folder)).filter((name) => name.endsWith('.journal'))
  return names.sort().map((name) => join(folder, name))
}

/** What a write looks like (journal/frame.ts), as far as one can make it who does not know the journal's seed. */
function frame(content: string): Buffer {
  const head = Buffer.from('ASYJ\0\0\0\0\0\0\0\0')
  head.writeUInt32BE(content.length, 4)
  head.writeUInt32BE(crc32(content), 8)
  return Buffer.concat([head, Buffer.from(content)])
}

describe.each([
  ['fileJournal', (segmentBytes: number) => open({ segmentBytes, compact: true })],
  ['memoryJournal', () => memoryJournal()(place)],
])('%s', (_, begin) => {
  test('default: keeps what is handed over once sync has come back', async () => {
    const journal = begin(1 << 20)
    journal.addInference(inferenceAt(0n))
    expect(journal.state.next).toBe(0n)
    await journal.sync()
    expect(journal.state).toMatchObject({ next: 1n, signed: 0n, settled: 0n, batch: undefined })
    expect(await inferencesIn(journal)).toEqual([inferenceAt(0n)])
    await journal.close()
  })

  test('behavior: gives back any part, over as many segments as there are', async () => {
    const journal = begin(2_000)
    await fill(journal, 60, { perWrite: 7 })
    for (const [first, count] of [
      [0n, 60],
      [13n, 1],
      [14n, 30],
      [59n, 1],
    ] as const) {
      const got: bigint[] = []
      for await (const group of journal.inferences(first, count)) {
        got.push(...group.map(({ sequence }) => sequence))
      }
      expect(got).toEqual(Array.from({ length: count }, (_, i) => first + BigInt(i)))
    }
    await expect(collected(journal.inferences(59n, 2))).rejects.toThrow(
      'does not hold inference 60',
    )
    await journal.close()
  })

  test('behavior: finds an inference by its id, and the batch that it was settled in', async () => {
    const journal = begin(2_000)
    await fill(journal, 40, { perWrite: 3 })
    for (const count of [1, 19, 15]) await settle(journal, count)
    const batches = [
      ...Array.from({ length: 1 }, () => 0n),
      ...Array.from({ length: 19 }, () => 1n),
      ...Array.from({ length: 15 }, () => 20n),
    ]
    for (let i = 0n; i < 40n; i++) {
      expect(await journal.sequenceOf(bytesToHex(inferenceAt(i).inferenceId))).toBe(i)
      const found = await journal.settlementOf(i)
      expect(found?.signed.first).toBe(batches[Number(i)])
      expect(found?.settled.first).toBe(batches[Number(i)])
      if (found) expect(found.settled.transactionHash).toBe(found.signed.root)
    }
    expect(await journal.sequenceOf(bytesToHex(inferenceAt(40n).inferenceId))).toBeUndefined()
    await journal.close()
  })

  test('behavior: compacts what is final and was handed out, and nothing else', async () => {
    const journal = begin(2_000)
    await fill(journal, 400, { perWrite: 5, padding: 20_000 })
    await settle(journal, 300)
    const oldest = () =>
      collected(journal.inferences(0n, 1)).then(
        () => true,
        () => false,
      )
    await journal.compact()
    expect(await oldest()).toBe(true)
    journal.addProgress({ finalized: 300n })
    await journal.sync()
    await journal.compact()
    expect(await oldest()).toBe(true)
    journal.addProgress({ finalized: 100n, exported: { from: 0n, to: 300n } })
    await journal.sync()
    await journal.compact()
    expect(await oldest()).toBe(false)
    // Whole segments alone, and only below both.
    expect(await collected(journal.inferences(100n, 300))).not.toHaveLength(0)
    expect((await journal.settlementOf(299n))?.signed.count).toBe(300)
    await journal.close()
  })

  test('behavior: what was never handed out is not compacted', async () => {
    const journal = begin(2_000)
    await fill(journal, 400, { perWrite: 5, padding: 20_000 })
    await settle(journal, 300)
    journal.addProgress({ finalized: 300n, exported: { from: 1n, to: 300n } })
    await journal.sync()
    await journal.compact()
    expect(await collected(journal.inferences(0n, 400))).not.toHaveLength(0)
    await journal.close()
  })
})

describe('fileJournal', () => {
  test('behavior: a later process finds everything, in whatever state', async () => {
    const first = open({ segmentBytes: 3_000 })
    await fill(first, 30, { perWrite: 4 })
    await settle(first, 10)
    const batch = { first: 10n, count: 5, root: inferenceAt(1n).commitment, signature } as const
    first.addSigned({ ...batch, mode: 'external' })
    first.addProgress({ finalized: 4n, exported: { from: 1n, to: 5n } })
    await first.sync()
    const state = { ...first.state }
    await first.close()
    for (let run = 0; run < 3; run++) {
      const later = open({ segmentBytes: 3_000 })
      expect(later.instance).toBe(first.instance)
      expect(later.seed).toEqual(first.seed)
      expect(later.state).toEqual(state)
      expect(later.state.batch).toEqual({ ...batch, mode: 'external' })
      expect(await inferencesIn(later)).toEqual(
        Array.from({ length: 30 }, (_, i) => inferenceAt(BigInt(i))),
      )
      await later.close()
    }
    const settled = open({ segmentBytes: 3_000 })
    settled.addSettled({ first: 10n, transactionHash: undefined })
    await settled.sync()
    expect(settled.state).toMatchObject({ settled: 15n, batch: undefined })
    expect((await settled.settlementOf(14n))?.settled.transactionHash).toBeUndefined()
    await settled.close()
  })

  test('behavior: is readable by the user alone', async () => {
    const journal = open({ segmentBytes: 100 })
    await fill(journal, 3)
    await journal.close()
    const folder = await folderOf()
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await segments()).length).toBeGreaterThan(1)
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    }
  })

  test('behavior: what is kept outlives the machine’s power, the names of its files and folder too', async () => {
    const opened = new Map<number, string>()
    const openFile = fs.open as (...given: unknown[]) => void
    vi.spyOn(fs, 'open').mockImplementation(((path: string, ...rest: unknown[]) => {
      const done = rest.pop() as (error: Error | null, descriptor: number) => void
      openFile(path, ...rest, (error: Error | null, descriptor: number) => {
        opened.set(descriptor, path)
        done(error, descriptor)
      })
    }) as never)
    const synced: (string | undefined)[] = []
    for (const name of ['fsync', 'fdatasync'] as const) {
      const sync = fs[name]
      vi.spyOn(fs, name).mockImplementation((descriptor, done) => {
        sync(descriptor, (error) => {
          synced.push(opened.get(descriptor))
          done(error)
        })
      })
    }
    const journal = open({ segmentBytes: 700 })
    await fill(journal, 1)
    const folder = await folderOf()
    expect(synced).toEqual(expect.arrayContaining([directory, folder]))
    for (let files = 1; files < 3; files = (await segments()).length) {
      synced.length = 0
      await fill(journal, 1)
    }
    expect(synced).toEqual([(await segments()).at(-1), folder])
    vi.restoreAllMocks()
    await journal.close()
  })

  test('behavior: each holder at a time has a journal of its own', async () => {
    const first = open()
    await fill(first, 1)
    const second = open()
    await fill(second, 1)
    expect(second.instance).not.toBe(first.instance)
    await first.close()
    const third = open()
    expect(third.instance).toBe(first.instance)
    await Promise.all([second.close(), third.close()])
  })

  test('behavior: is kept apart by chain, contract, owner and key', async () => {
    const first = open()
    await fill(first, 1)
    await first.close()
    for (const other of [
      { chainId: 1 },
      { inferenceLog: place.owner },
      { owner: place.inferenceLog },
      { sessionKey: place.owner },
    ]) {
      const journal = open({}, { ...place, ...other })
      expect(journal.instance).not.toBe(first.instance)
      await journal.close()
    }
  })

  test(
    'behavior: cut at any byte, it keeps every write that was whole',
    { timeout: 60_000 },
    async () => {
      const journal = open({ segmentBytes: 800 })
      const ends: { segment: number; size: number; next: bigint }[] = []
      for (let i = 0; i < 6; i++) {
        await fill(journal, 1)
        const files = await segments()
        const { size } = await stat(files.at(-1) as string)
        ends.push({ segment: files.length - 1, size, next: journal.state.next })
      }
      await journal.close()
      const files = await segments()
      expect(files.length).toBeGreaterThan(2)
      const bytes = await Promise.all(files.map((file) => readFile(file)))
      const restore = async (last: number, length: number) => {
        for (const file of await segments()) await rm(file)
        for (const [i, file] of files.slice(0, last + 1).entries()) {
          await writeFile(file, (bytes[i] as Buffer).subarray(0, i === last ? length : undefined))
        }
      }
      for (const last of [files.length - 1, files.length - 2]) {
        for (let length = 0; length <= (bytes[last] as Buffer).length; length++) {
          await restore(last, length)
          const whole = ends.filter(
            ({ segment, size }) => segment < last || (segment === last && size <= length),
          )
          const next = whole.at(-1)?.next
          const cut = open({ segmentBytes: 800 })
          expect(cut.instance).toBe(journal.instance)
          expect(cut.state.next).toBe(next)
          // It goes on from there; from each byte would take minutes on a slow disk.
          const goesOn = length % 11 === 0
          if (goesOn) await fill(cut, 1)
          await cut.close()
          if (!goesOn) continue
          const again = open({ segmentBytes: 800 })
          expect((await inferencesIn(again)).length).toBe(Number(next) + 1)
          await again.close()
        }
      }
    },
  )

  test.each([
    ['the same file', 1 << 20],
    ['a new file', 1],
  ])('behavior: cut in what a stranger made look like a write, in %s', async (_, segmentBytes) => {
    const journal = open({ segmentBytes })
    await fill(journal, 3)
    const before = await segments()
    const { size } = await stat(before.at(-1) as string)
    // A name of a model, say: two sound writes of any journal, were their checksums not this journal's own.
    const value = Buffer.concat([frame(''), frame('\x00\x00\x00\x01\x01'), Buffer.from('and more')])
    const hostile = { ...inferenceAt(3n), fields: [{ name: 'model.returned', value }] }
    journal.addInference(hostile)
    await journal.sync()
    await journal.close()
    const files = await segments()
    const isNew = files.length > before.length
    expect(isNew).toBe(segmentBytes === 1)
    const file = files.at(-1) as string
    const whole = await readFile(file)
    for (let length = isNew ? 0 : size; length < whole.length; length += isNew ? 5 : 1) {
      await writeFile(file, whole.subarray(0, length))
      const cut = open({ segmentBytes })
      expect([cut.instance, cut.state.next]).toEqual([journal.instance, 3n])
      await cut.close()
    }
    await writeFile(file, whole)
    const later = open({ segmentBytes })
    expect((await inferencesIn(later, 3n))[0]?.fields[0]?.value).toEqual(new Uint8Array(value))
    await later.close()
  })

  test('behavior: damage that no cut explains is left alone, in favour of a new journal', async () => {
    const journal = open()
    await fill(journal, 3)
    await journal.close()
    const [file] = (await segments()) as [string]
    const whole = await readFile(file)
    const lastFrame = whole.lastIndexOf('ASYJ')
    for (let i = 0; i < lastFrame; i += 11) {
      const bytes = Buffer.from(whole)
      bytes[i] = (bytes[i] as number) ^ 0x10
      await writeFile(file, bytes)
      const other = open()
      expect(other.instance).not.toBe(journal.instance)
      await other.close()
      expect(await readFile(file)).toEqual(bytes)
      for (const name of await readdir(directory)) {
        if (join(directory, name) !== join(file, '..')) {
          await rm(join(directory, name), { recursive: true })
        }
      }
    }
  })

  test('behavior: damage in an older segment is told, and keeps nobody from going on', async () => {
    const journal = open({ segmentBytes: 1_000 })
    await fill(journal, 20)
    await journal.close()
    const files = await segments()
    const bytes = await readFile(files[1] as string)
    bytes[bytes.length - 5] = (bytes.at(-5) as number) ^ 1
    await writeFile(files[1] as string, bytes)
    const later = open({ segmentBytes: 1_000 })
    expect(later.instance).toBe(journal.instance)
    expect(await inferencesIn(later, 18n)).toHaveLength(2)
    await expect(inferencesIn(later)).rejects.toThrow('is damaged at byte')
    await later.close()
  })

  test('behavior: goes on once the disk does, and nothing stands twice', async () => {
    const journal = open({ segmentBytes: 1_000 })
    await fill(journal, 4)
    const folder = await folderOf()
    const next = `0000000${(await segments()).length}.journal`
    // The next segment can't be made while something else has its name.
    await mkdir(join(folder, next))
    journal.addInference(inferenceAt(4n))
    let failures = 0
    for (let i = 5n; i < 9n; i++) {
      await journal.sync().catch((error: unknown) => {
        expect((error as Error).message).toContain('The journal cannot be written.')
        failures++
      })
      journal.addInference(inferenceAt(i))
    }
    expect(failures).toBeGreaterThan(0)
    expect(await inferencesIn(journal)).toHaveLength(Number(journal.state.next))
    await rm(join(folder, next), { recursive: true })
    await journal.sync()
    expect(await inferencesIn(journal)).toEqual(
      Array.from({ length: 9 }, (_, i) => inferenceAt(BigInt(i))),
    )
    await journal.close()
    const later = open({ segmentBytes: 1_000 })
    expect(await inferencesIn(later)).toHaveLength(9)
    await later.close()
  })

  test('behavior: journals that were left unsettled are given to who asks', async () => {
    const journals = [open(), open(), open(), open()]
    const [held, idle, left, other] = journals as [
      OpenJournal,
      OpenJournal,
      OpenJournal,
      OpenJournal,
    ]
    for (const journal of journals) await fill(journal, 2)
    await settle(idle, 2)
    await Promise.all([idle.close(), left.close(), other.close()])
    const journal = fileJournal({ directory })
    const found: string[] = []
    for (const abandoned of journal.abandoned?.(place) ?? []) {
      found.push(abandoned.instance)
      await settle(abandoned, 2)
      await abandoned.close()
    }
    expect(found.sort()).toEqual([left.instance, other.instance].sort())
    expect([...(journal.abandoned?.(place) ?? [])]).toEqual([])
    await held.close()
  })

  test('behavior: the lock of a process that was killed is taken over', async () => {
    const script = `
      import { fileJournal } from '@assay/sdk'
      const journal = fileJournal({ directory: ${JSON.stringify(directory)} })(${JSON.stringify(place)})
      await journal.sync()
      journal.addProgress({})
      await journal.sync()
      console.log(journal.instance)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const instance = line.toString().trim()
    const beside = open()
    expect(beside.instance).not.toBe(instance)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const heir = open()
    expect(heir.instance).toBe(instance)
    await Promise.all([beside.close(), heir.close()])
  })

  test('error: JournalError when the directory cannot be used', async () => {
    await writeFile(join(directory, 'file'), '')
    const journal = fileJournal({ directory: join(directory, 'file', 'below') })
    expect(() => journal(place)).toThrow('The journal cannot be opened.')
  })
})
