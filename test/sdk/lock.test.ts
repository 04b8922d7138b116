import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fileJournal, type JournalPlace, type OpenJournal } from '@assay/sdk'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { JournalThread } from './support/journal-thread.ts'

const place: JournalPlace = {
  chainId: 31337,
  inferenceLog: '0x00000000000000000000000000000000000000aa',
  owner: '0x00000000000000000000000000000000000000bb',
  sessionKey: '0x00000000000000000000000000000000000000cc',
}
const onLinux = process.platform === 'linux'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-lock-'))
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(directory, { recursive: true, force: true })
})

const open = () => fileJournal({ directory })(place)

/** The lock of the only journal there is. */
async function lockFile(): Promise<string> {
  const [folder] = await readdir(directory)
  const below = join(directory, folder as string)
  const [name] = (await readdir(below)).filter((it) => it.startsWith('lock.'))
  return join(below, name as string)
}

type Held = { machine: string; pid: number; thread: number; startedAt: string }

/** Makes a journal whose lock is held by somebody. */
async function heldBy(change: (own: Held) => object | string, age = 0): Promise<string> {
  const journal = open()
  const file = await lockFile()
  const held = change(JSON.parse(await readFile(file, 'utf8')) as Held)
  await journal.close()
  await writeFile(file, typeof held === 'string' ? held : JSON.stringify(held))
  const changed = Date.now() / 1000 - age
  await utimes(file, changed, changed)
  return journal.instance
}

/** Opens a journal and gives its lock free at once. */
function openAndDie(): undefined {
  const below = join(directory, open().instance.slice(2, 18))
  for (const name of fs.readdirSync(below)) {
    if (name.startsWith('lock.')) fs.writeFileSync(join(below, name), '-')
  }
}

async function isFree(instance: string): Promise<boolean> {
  const journals = (await readdir(directory)).map(() => open())
  await Promise.all(journals.map((journal) => journal.close()))
  return journals.some((journal) => journal.instance === instance)
}

describe('the lock of a journal', () => {
  test('default: what its holder wrote last counts', async () => {
    expect(await isFree(await heldBy((own) => own))).toBe(false)
  })

  test.runIf(onLinux)('behavior: a pid that was given again is not the holder', async () => {
    expect(await isFree(await heldBy((own) => ({ ...own, startedAt: '1' })))).toBe(true)
  })

  test.runIf(onLinux)('behavior: a process that nobody has waited for is dead', async () => {
    const script = `
      import { fileJournal } from '@assay/sdk'
      console.log(fileJournal({ directory: process.argv[1] })(JSON.parse(process.argv[2])).instance)
      console.log(process.pid)
      setInterval(() => {}, 1000)`
    const args = ['--input-type=module', '-e', script, directory, JSON.stringify(place)]
    // The shell becomes a program that waits for no child.
    const parent = spawn('sh', ['-c', '"$@" & exec sleep 60', 'sh', process.execPath, ...args], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let text = ''
      while (text.split('\n').length < 3) {
        const [piece] = (await once(parent.stdout, 'data')) as [Buffer]
        text += piece.toString()
      }
      const [instance, pid] = text.split('\n') as [string, string]
      process.kill(Number(pid), 'SIGKILL')
      await vi.waitUntil(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z '))
      expect(await isFree(instance)).toBe(true)
    } finally {
      parent.kill('SIGKILL')
    }
  })

  test.each([
    ['another machine, or another boot of this one', (own: Held) => ({ ...own, machine: 'other' })],
    ['somebody who died while writing it', () => '{"pid":'],
  ])('behavior: of %s, it counts for ten minutes', async (_, change) => {
    expect(await isFree(await heldBy(change, 595))).toBe(false)
    await rm(directory, { recursive: true })
    expect(await isFree(await heldBy(change, 605))).toBe(true)
  })

  test('behavior: its holder gives a sign of life each minute', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const journal = open()
    const file = await lockFile()
    const before = await readFile(file, 'utf8')
    await utimes(file, 0, 0)
    vi.advanceTimersByTime(60_000)
    expect(Date.now() - (await stat(file)).mtimeMs).toBeLessThan(10_000)
    expect(await readFile(file, 'utf8')).toBe(before)
    await journal.close()
  })

  test('error: JournalError for a holder whose lock another machine took', async () => {
    const journal = open()
    const file = await lockFile()
    await rm(file)
    await writeFile(file.replace(/\d+$/, '9'), '{}')
    journal.addProgress({ finalized: 0n })
    await expect(journal.sync()).rejects.toThrow('was taken over by another machine')
    await journal.close().catch(() => undefined)
    // Nor is it free for it to give away.
    expect(await readFile(file.replace(/\d+$/, '9'), 'utf8')).toBe('{}')
  })

  test.runIf(onLinux)(
    'behavior: a thread that has ended leaves its journal to others',
    async () => {
      const [thread] = await startThreads(1, [directory])
      const [[instance]] = (await once(thread!, 'message')) as [[string]]
      expect(await isFree(instance)).toBe(false)
      await thread!.terminate()
      expect(await isFree(instance)).toBe(true)
    },
  )

  test.each([
    ['take', () => [open()]],
    ['take, leave and take again', () => [openAndDie(), open()]],
  ] as const)('behavior: others %s it between any two steps of one who does', async (_, others) => {
    const root = directory
    for (let steps = 1, number = 0; number < steps; number++) {
      directory = join(root, String(number))
      await heldBy(() => '{}', 1000)
      const held: (OpenJournal | undefined)[] = []
      steps = interrupted(
        number,
        () => held.push(...others()),
        () => held.push(open()),
      )
      const living = held.filter((journal) => journal !== undefined)
      await Promise.all(living.map((journal) => journal.close()))
      if (number < steps) expect(new Set(living.map(({ instance }) => instance)).size).toBe(2)
    }
  })

  test('behavior: of many that find a dead holder at the same moment, one takes it over', async () => {
    const all = directory
    const dead: string[] = []
    const directories = Array.from({ length: 100 }, (_, i) => join(all, String(i)))
    for (directory of directories) dead.push(await heldBy(() => '{}', 1000))
    directory = all
    const threads = await startThreads(4, directories)
    try {
      const opened = await Promise.all(threads.map((thread) => once(thread, 'message')))
      const instances = opened.map(([instances]) => instances as string[])
      directories.forEach((_, i) => {
        const here = instances.map((of) => of[i])
        expect(new Set(here).size).toBe(threads.length)
        expect(here).toContain(dead[i])
      })
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()))
    }
  })
})

/**
 * Runs something, and something else before a certain one of its calls of the file system.
 *
 * @returns How many calls there were.
 */
function interrupted(number: number, interrupt: () => void, run: () => void): number {
  let calls = 0
  let isInside = false
  const names = ['readdirSync', 'readFileSync', 'writeFileSync', 'rmSync', 'statSync'] as const
  const spies = names.map((name) => {
    const original: (...args: never[]) => unknown = fs[name]
    return vi.spyOn(fs, name).mockImplementation(((...args: never[]) => {
      if (!isInside && calls++ === number) {
        isInside = true
        interrupt()
        isInside = false
      }
      return original(...args)
    }) as never)
  })
  run()
  for (const spy of spies) spy.mockRestore()
  return calls
}

/** Threads that open a journal in each directory, all at the same moment. */
async function startThreads(count: number, directories: string[]): Promise<Worker[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const workerData: JournalThread = { directories, place, gate }
  const script = new URL('support/journal-thread.ts', import.meta.url)
  const threads = Array.from({ length: count }, () => new Worker(script, { workerData }))
  await Promise.all(threads.map((thread) => once(thread, 'message')))
  const timer = setInterval(() => {
    Atomics.add(gate, 0, 1)
    Atomics.notify(gate, 0)
    if (gate[0] === directories.length) clearInterval(timer)
  }, 5)
  return threads
}
