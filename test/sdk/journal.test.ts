import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  fileJournal,
  type JournalPlace,
  type JournalRecord,
  memoryJournal,
  type OpenJournal,
} from '@assay/sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const place: JournalPlace = {
  chainId: 31337,
  inferenceLog: '0x00000000000000000000000000000000000000aa',
  owner: '0x00000000000000000000000000000000000000bb',
  sessionKey: '0x00000000000000000000000000000000000000cc',
}
const zero = `0x${'0'.repeat(64)}` as const

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-journal-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const open = (where = place) => fileJournal({ directory })(where)

function inference(sequence: bigint): JournalRecord {
  return {
    type: 'inference',
    sequence,
    modelId: zero,
    environmentId: zero,
    servedAt: 1_790_000_000_000n + sequence,
    fields: [
      { name: 'outcome', value: new Uint8Array([1, 2, Number(sequence)]) },
      { name: 'leer', value: new Uint8Array(0) },
    ],
  }
}

async function contents(journal: OpenJournal): Promise<JournalRecord[]> {
  const records = []
  for await (const record of journal.read()) records.push(record)
  return records
}

async function fileOf(): Promise<string> {
  const [folder] = await readdir(directory)
  return join(directory, folder as string, 'journal.jsonl')
}

describe('fileJournal', () => {
  test('default: gives back what was appended, to a later process too', async () => {
    const records: JournalRecord[] = [
      inference(0n),
      inference(1n),
      { type: 'batch', first: 0n, count: 2, mode: 'inline', signature: '0x12' },
      { type: 'settlement', first: 0n, transactionHash: zero },
      { type: 'settlement', first: 2n, transactionHash: undefined },
    ]
    const first = open()
    for (const record of records) first.append(record)
    await first.close()
    const second = open()
    expect(second.instance).toBe(first.instance)
    expect(second.seed).toEqual(first.seed)
    expect(await contents(second)).toEqual(records)
    await second.close()
  })

  test('behavior: is readable by the user alone', async () => {
    await open().close()
    expect((await stat(await fileOf())).mode & 0o777).toBe(0o600)
  })

  test('behavior: each holder at a time has a journal of its own', async () => {
    const first = open()
    const second = open()
    expect(second.instance).not.toBe(first.instance)
    await first.close()
    const third = open()
    expect(third.instance).toBe(first.instance)
    await Promise.all([second.close(), third.close()])
  })

  test('behavior: is kept apart by chain, contract, owner and key', async () => {
    const first = open()
    await first.close()
    for (const other of [
      { chainId: 1 },
      { owner: place.inferenceLog },
      { sessionKey: place.owner },
    ]) {
      const journal = open({ ...place, ...other })
      expect(journal.instance).not.toBe(first.instance)
      await journal.close()
    }
  })

  test('behavior: cut at any byte, it keeps every whole record before', async () => {
    const journal = open()
    for (let i = 0n; i < 4n; i++) journal.append(inference(i))
    await journal.close()
    const file = await fileOf()
    const whole = await readFile(file)
    const header = whole.indexOf(0x0a) + 1
    for (let length = header; length <= whole.length; length++) {
      await writeFile(file, whole.subarray(0, length))
      const ends = whole.subarray(header, length).filter((byte) => byte === 0x0a).length
      const cut = open()
      expect(cut.instance).toBe(journal.instance)
      expect((await contents(cut)).length).toBe(ends)
      cut.append(inference(99n))
      await cut.close()
      const again = open()
      expect((await contents(again)).at(-1)).toEqual(inference(99n))
      await again.close()
    }
  })

  test('behavior: damage that no cut explains is left alone, in favour of a new journal', async () => {
    const journal = open()
    for (let i = 0n; i < 3n; i++) journal.append(inference(i))
    await journal.close()
    const file = await fileOf()
    const bytes = await readFile(file)
    bytes[bytes.indexOf(0x0a) + 20] = 0x21
    await writeFile(file, bytes)
    const other = open()
    expect(other.instance).not.toBe(journal.instance)
    await other.close()
    expect(await readFile(file)).toEqual(bytes)
  })

  test('behavior: the lock of a process that was killed is taken over', async () => {
    const script = `
      import { fileJournal } from '@assay/sdk'
      const journal = fileJournal({ directory: ${JSON.stringify(directory)} })(${JSON.stringify(place)})
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

test('memoryJournal: keeps records while the process lives', async () => {
  const journal = memoryJournal()(place)
  journal.append(inference(0n))
  await journal.sync()
  expect(await contents(journal)).toEqual([inference(0n)])
  expect(memoryJournal()(place).instance).not.toBe(journal.instance)
  await journal.close()
})
