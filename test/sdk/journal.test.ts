import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, memoryJournal, type OpenJournal } from '@assay/sdk'
import { bytesToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { journalDirectory } from './support/journal-directory.ts'
import {
  fill,
  inferenceAt,
  inferencesIn,
  place,
  settle,
  signature,
} from './support/journal-records.ts'

const { path, open, folderOf, segments } = journalDirectory()

async function collected<T>(groups: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const group of groups) all.push(...group)
  return all
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
    const journal = fileJournal({ directory: path() })
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
      const journal = fileJournal({ directory: ${JSON.stringify(path())} })(${JSON.stringify(place)})
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
    await writeFile(join(path(), 'file'), '')
    const journal = fileJournal({ directory: join(path(), 'file', 'below') })
    expect(() => journal(place)).toThrow('The journal cannot be opened.')
  })
})
