import fs from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { journalDirectory } from './support/journal-directory.ts'
import { fill, inferenceAt, inferencesIn } from './support/journal-records.ts'

const { path, open, folderOf, segments } = journalDirectory()

/** What a write looks like (journal/frame.ts), as far as one can make it who does not know the journal's seed. */
function frame(content: string): Buffer {
  const head = Buffer.from('ASYJ\0\0\0\0\0\0\0\0')
  head.writeUInt32BE(content.length, 4)
  head.writeUInt32BE(crc32(content), 8)
  return Buffer.concat([head, Buffer.from(content)])
}

describe('fileJournal', () => {
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
    expect(synced).toEqual(expect.arrayContaining([path(), folder]))
    for (let files = 1; files < 3; files = (await segments()).length) {
      synced.length = 0
      await fill(journal, 1)
    }
    expect(synced).toEqual([(await segments()).at(-1), folder])
    vi.restoreAllMocks()
    await journal.close()
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
      for (const name of await readdir(path())) {
        if (join(path(), name) !== join(file, '..')) {
          await rm(join(path(), name), { recursive: true })
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
})
