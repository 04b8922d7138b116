import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, type InferenceReceipt, JournalError } from '@assay/sdk'
import { findReceipt } from '@assay/sdk/inspect'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Session, startSession } from './support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

/** All files below a directory with what they hold. */
async function snapshot(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) files[path] = (await readFile(path)).toString('hex')
  }
  return files
}

describe('findReceipt', () => {
  test('default: gives what the recorder gives, and changes nothing on the disk', async () => {
    const directory = await session.directory()
    const recorder = await session.recorder({
      journal: fileJournal({ directory, segmentBytes: 2_000 }),
    })
    const receipts: InferenceReceipt[] = []
    for (let n = 0; n < 12; n++) {
      const recorded = await recorder.record({ request: `q${n}`, response: 'a' })
      receipts.push((await recorder.receiptOf(recorded)) as InferenceReceipt)
    }
    const before = await snapshot(directory)
    expect(Object.keys(before).length).toBeGreaterThan(4)
    for (const [n, receipt] of receipts.entries()) {
      const { inferenceId } = receipt
      const found = await findReceipt({ inferenceId, directory })
      expect(found).toMatchObject({ sequence: BigInt(n), receipt })
    }
    expect(await snapshot(directory)).toEqual(before)
    const last = await recorder.record({ request: 'last', response: 'a' })
    expect(await recorder.receiptOf(last)).toBeDefined()
  })

  test('behavior: a journal that is written to all the time is read all the same', async () => {
    const directory = await session.directory()
    const recorder = await session.recorder({
      journal: fileJournal({ directory, segmentBytes: 20_000 }),
      scheduledDelayMillis: 10,
    })
    let stopped = false
    const settled: InferenceReceipt[] = []
    const writing = Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let n = 0; !stopped; n++) {
          const recorded = await recorder.record({ request: `${worker} ${n}`, response: 'a' })
          if (n % 10 === 0) settled.push((await recorder.receiptOf(recorded)) as InferenceReceipt)
        }
      }),
    )
    const end = Date.now() + 3_000
    let found = 0
    while (Date.now() < end) {
      const receipt = settled.at(-1)
      if (receipt) {
        const { inferenceId } = receipt
        expect((await findReceipt({ inferenceId, directory }))?.receipt).toEqual(receipt)
        found++
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    stopped = true
    await writing
    expect(found).toBeGreaterThan(5)
  })

  test('behavior: what is not settled has no receipt, and what is nowhere is not found', async () => {
    const directory = await session.directory()
    const recorder = await session.recorder({
      journal: fileJournal({ directory }),
      scheduledDelayMillis: 600_000,
      exportTimeoutMillis: 1_000,
    })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const { inferenceId } = recorded ?? expect.unreachable()
    const found = await findReceipt({ inferenceId, directory })
    expect(found).toMatchObject({ sequence: 0n, receipt: undefined })
    const other = { inferenceId: `0x${'5'.repeat(64)}`, directory } as const
    expect(await findReceipt(other)).toBeUndefined()
  })

  test('error: JournalError: no directory, or a journal that is damaged, unless another holds it', async () => {
    const directory = await session.directory()
    const gone = join(directory, 'gone')
    const id = `0x${'5'.repeat(64)}` as const
    await expect(findReceipt({ inferenceId: id, directory: gone })).rejects.toThrow(JournalError)
    const recorder = await session.recorder({ journal: fileJournal({ directory }) })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const receipt = (await recorder.receiptOf(recorded)) as InferenceReceipt
    const [name] = await readdir(directory)
    const sound = join(directory, name as string)
    const bytes = await readFile(join(sound, '00000000.journal'))
    // In front of the sound one, with a byte flipped in its first frame; one that was cut; and things that are no journals.
    await mkdir(join(directory, '!damaged'))
    bytes[40] = (bytes[40] as number) ^ 1
    await writeFile(join(directory, '!damaged', '00000000.journal'), bytes)
    await mkdir(join(directory, '!cut'))
    await writeFile(join(directory, '!cut', '00000000.journal'), bytes)
    await truncate(join(directory, '!cut', '00000000.journal'), 20)
    await writeFile(join(directory, '!file'), 'x')
    const { inferenceId } = receipt
    expect((await findReceipt({ inferenceId, directory }))?.receipt).toEqual(receipt)
    const missing = findReceipt({ inferenceId: id, directory })
    await expect(missing).rejects.toThrow('The journal is damaged')
  })
})
