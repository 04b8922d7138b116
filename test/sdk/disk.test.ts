import { execFileSync, spawn } from 'node:child_process'
import { readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileJournal, JournalLostError, verifyReceipt } from '@assay/sdk'
import { bytesToHex, sha256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanEnv } from '../support/run-script.ts'
import type { Ending, Ordeal } from './support/limited-process.ts'
import { type Session, startSession } from './support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const exchange = { request: 'q', response: 'a' }

function place() {
  const { chain, owner, sessionAccount } = session
  const { inferenceLog } = chain.addresses
  return { chainId: chain.chainId, inferenceLog, owner, sessionKey: sessionAccount.address }
}

/**
 * Runs the program under a limit that the shell sets, until it has told how it fared; then to its end.
 *
 * @param limit - Commands of the shell. The journals' directory is `$ASSAY_JOURNAL`.
 * @param before - What starts the shell. Default: nothing.
 */
async function runLimited(limit: string, args: string[], directory: string, before: string[] = []) {
  const { chain, owner, sessionKey } = session
  const script = join(import.meta.dirname, 'support/limited-process.ts')
  const shell = ['sh', '-c', `${limit} && exec "$0" --expose-gc "$@"`, process.execPath, script]
  const [command = '', ...rest] = [...before, ...shell, ...args]
  const child = spawn(command, rest, {
    cwd: import.meta.dirname,
    env: {
      ...cleanEnv(),
      ASSAY_CHAIN_ID: String(chain.chainId),
      ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
      ASSAY_OWNER: owner,
      ASSAY_SESSION_KEY: sessionKey,
      ASSAY_RPC_URL: chain.rpcUrl,
      ASSAY_JOURNAL: directory,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value as string) as unknown
  return {
    pid: child.pid as number,
    ordeal: (await next()) as Ordeal,
    end: async () => {
      child.stdin.end('free\n')
      return (await next()) as Ending
    },
  }
}

/** The application is not disturbed: generous bounds, but those of what would be felt. */
function expectUndisturbed({ p99, undefinedAfterMillis, heapGrowth, descriptorGrowth }: Ordeal) {
  expect(p99.recorded).toBeLessThan(3 * p99.plain + 50)
  expect(undefinedAfterMillis).toBeGreaterThan(900)
  expect(undefinedAfterMillis).toBeLessThan(2_500)
  expect(heapGrowth).toBeLessThan(4_000_000)
  expect(descriptorGrowth).toBeLessThan(5)
}

/** Nothing twice, no gap, nothing acknowledged lost, each receipt verifies. */
async function expectWhole(directory: string, acknowledged: Record<string, string>) {
  const journal = fileJournal({ directory })(place())
  const { next, settled } = journal.state
  expect(settled).toBe(next)
  const kept = new Map<string, string>()
  for await (const group of journal.inferences(0n, Number(next))) {
    for (const record of group) {
      const request = bytesToHex(record.fields[0]?.value as Uint8Array)
      expect(kept.has(request)).toBe(false)
      kept.set(request, bytesToHex(record.inferenceId))
    }
  }
  await journal.close()
  for (const [request, id] of Object.entries(acknowledged)) {
    expect(kept.get(sha256(toHex(request)))).toBe(id)
  }
  const reader = await session.recorder({ journal: fileJournal({ directory }) })
  const ids = [...kept.values()]
  for (const id of [...ids.slice(0, 3), ...ids.slice(-20)]) {
    const { policy, chain } = session
    const receipt = await reader.receiptOf(id)
    expect((await verifyReceipt(receipt, { policy, client: chain.client })).status).toBe('verified')
  }
  await reader.shutdown()
  return Number(next)
}

/** How a process gets file systems of its own, and how somebody else comes to them. */
const [unshare, nsenter] =
  process.getuid?.() === 0 ? [['-m'], ['-m']] : [['-rm'], ['-Um', '--preserve-credentials']]
const canLift = works('a full disk', 'prlimit', '--version')
const canMount = works('a disk that can only be read', 'unshare', ...unshare, 'true')

function works(what: string, command: string, ...args: string[]): boolean {
  try {
    if (process.platform !== 'linux') return false
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    console.warn(`${command} does not work here: ${what} is not tested`)
    return false
  }
}

describe('a journal whose resources run out', () => {
  test.skipIf(!canLift).each([
    ['in the middle', 100],
    ['from the beginning', 0],
  ])('behavior: a disk that is full %s', { timeout: 60_000 }, async (_, blocks) => {
    const directory = await session.directory()
    const { pid, ordeal, end } = await runLimited(`ulimit -S -f ${blocks}`, ['space'], directory)
    expectUndisturbed(ordeal)
    // However often it is tried.
    expect((await readdir(directory)).length).toBe(blocks ? 1 : 0)
    expect(Object.keys(ordeal.acknowledged).length > 0).toBe(blocks > 0)
    execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited'])
    const { asked, recorded, dropped, toldDropped } = await end()
    expect(recorded + dropped).toBe(asked)
    expect(toldDropped).toBe(dropped)
    // 100 wait; of some thousand that came, the rest is lost.
    expect(recorded).toBe(Object.keys(ordeal.acknowledged).length + 101)
    expect(await expectWhole(directory, ordeal.acknowledged)).toBe(recorded)
  })

  test.skipIf(!canMount)(
    'behavior: a disk that can only be read, with what an earlier process left on it',
    { timeout: 60_000 },
    async () => {
      const directory = await session.directory()
      const earlier = await session.recorder({
        journal: fileJournal({ directory }),
        submit: () => Promise.reject(new Error('no chain for now')),
        exportTimeoutMillis: 100,
        onError: () => undefined,
      })
      const left = await earlier.record(exchange)
      await earlier.shutdown()
      const readOnly = 'mount --bind "$ASSAY_JOURNAL" "$ASSAY_JOURNAL" && mount -o remount,ro,bind'
      const { pid, ordeal, end } = await runLimited(
        `${readOnly} "$ASSAY_JOURNAL"`,
        ['space'],
        directory,
        ['unshare', ...unshare],
      )
      expectUndisturbed(ordeal)
      expect(ordeal.acknowledged).toEqual({})
      expect(await readdir(directory)).toHaveLength(1)
      const remount = ['mount', '-o', 'remount,rw,bind', directory]
      execFileSync('nsenter', ['-t', String(pid), ...nsenter, ...remount])
      const { asked, recorded, dropped, toldDropped } = await end()
      expect(recorded + dropped).toBe(asked)
      expect(toldDropped).toBe(dropped)
      // 100 waited, one came after that; what was left is taken up too.
      expect(recorded).toBe(101)
      expect(await expectWhole(directory, { q: left?.inferenceId ?? '' })).toBe(102)
    },
  )

  test.skipIf(process.platform !== 'linux')(
    'behavior: a process that has no descriptor left',
    { timeout: 60_000 },
    async () => {
      const directory = await session.directory()
      const { ordeal, end } = await runLimited('ulimit -n 200', ['descriptors'], directory)
      expectUndisturbed(ordeal)
      const { asked, recorded, dropped, toldDropped } = await end()
      expect(recorded + dropped).toBe(asked)
      expect(toldDropped).toBe(dropped)
      expect(await expectWhole(directory, ordeal.acknowledged)).toBe(recorded)
    },
  )
})

describe('a journal whose directory is in the way', () => {
  test('behavior: cannot be opened at first, and can later: nothing is lost', async () => {
    const directory = join(await session.directory(), 'journal')
    await writeFile(directory, 'a file')
    const errors: unknown[] = []
    const recorder = await session.recorder({
      journal: fileJournal({ directory }),
      onError: (error) => errors.push(error),
    })
    const start = performance.now()
    expect(await recorder.record(exchange)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(2_500)
    expect(String(errors[0])).toContain('The journal cannot be opened.')
    await expect(recorder.flush()).rejects.toThrow('cannot be opened')
    await rm(directory)
    await expect.poll(() => recorder.status().settled, { timeout: 10_000 }).toBe(1)
    expect(recorder.status()).toMatchObject({ recorded: 1, dropped: 0, pending: 0 })
  })

  test('behavior: something else in it keeps nobody from recording', async () => {
    const directory = await session.directory()
    await writeFile(join(directory, 'a note'), 'mine')
    await symlink(join(directory, 'nowhere'), join(directory, 'a link'))
    const recorder = await session.recorder({ journal: fileJournal({ directory }) })
    expect(await recorder.record(exchange)).toBeDefined()
    await recorder.flush()
  })

  test.each([
    ['removed', (folder: string) => rm(folder, { recursive: true })],
    [
      'replaced by a file',
      async (folder: string) => {
        await rm(folder, { recursive: true })
        await writeFile(folder, 'a file')
      },
    ],
  ])(
    'behavior: %s while it runs: another journal is begun, what is gone is told',
    async (_, harm) => {
      const directory = join(await session.directory(), 'journal')
      const [errors, drops]: [unknown[], unknown[]] = [[], []]
      let mayReach = false
      const recorder = await session.recorder({
        journal: fileJournal({ directory }),
        onError: (error) => errors.push(error),
        onDrop: (error) => drops.push(error),
        submit: () =>
          mayReach
            ? Promise.resolve({ transactionHash: undefined })
            : Promise.reject(new Error('no chain for now')),
      })
      const first = await recorder.record(exchange)
      await recorder.record(exchange)
      const [folder] = (await readdir(directory)) as [string]
      await harm(join(directory, folder))
      mayReach = true
      const later = await recorder.record(exchange)
      expect(later).toMatchObject({ sequence: 0n })
      expect(later?.inferenceId).not.toBe(first?.inferenceId)
      expect(errors.some((error) => error instanceof JournalLostError)).toBe(true)
      expect(drops).toHaveLength(1)
      expect(String(drops[0])).toContain('2 inferences were not recorded')
      await recorder.flush()
      expect(recorder.status()).toMatchObject({ recorded: 3, dropped: 2, settled: 1, pending: 0 })
      expect((await recorder.receiptOf(later))?.inferenceId).toBe(later?.inferenceId)
      expect(await recorder.receiptOf(first)).toBeUndefined()
    },
  )
})
