import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ProcessEntry, processTable } from '../../scripts/start/process-table.ts'
import { stopEarlierRun } from '../../scripts/start/run-record.ts'
import { stillRunning } from '../../scripts/start/stop-processes.ts'
import { freePorts } from '../support/free-ports.ts'
import { runScript } from '../support/run-script.ts'
import { leftAfter, startByNpx } from '../support/start-command.ts'

/** How long a run that lost its npx may take to be gone. */
const limit = 3_000

let state: string
let args: string[]
let seen: ProcessEntry[] = []

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'assay-start-'))
  const [chain, indexer, server] = await freePorts(3)
  args = [
    ...['--state', state, '--port-chain', String(chain)],
    ...['--port-indexer', String(indexer), '--port-server', String(server)],
  ]
})
afterEach(async () => {
  // Whatever a failed test may have left.
  for (const { pid } of await stillRunning(seen)) process.kill(pid, 'SIGKILL')
  seen = []
})
afterAll(() => rm(state, { recursive: true, force: true }))

async function start() {
  const run = await startByNpx(args)
  seen.push(...run.processes)
  return run
}

const long = process.env.ASSAY_TEST_LONG === '1'
// Of the two, the harder one each time.
test.each(long ? (['SIGTERM', 'SIGKILL'] as const) : (['SIGKILL'] as const))(
  'behavior: %s of npx alone leaves nothing behind',
  async (signal) => {
    const { pid, processes } = await start()
    expect(processes.length).toBeGreaterThanOrEqual(4)
    process.kill(pid, signal)
    expect(await leftAfter(processes, limit)).toEqual([])
  },
  60_000,
)

test('behavior: SIGKILL of start itself leaves nothing behind', async () => {
  const { processes } = await start()
  const itself = processes.find(({ command }) => /^\S*node \S*start\.ts/.test(command))
  process.kill(itself?.pid ?? 0, 'SIGKILL')
  expect(await leftAfter(processes, limit)).toEqual([])
}, 60_000)

test.runIf(long)(
  'behavior: SIGINT of npx alone, Ctrl-C, and a start after each',
  async () => {
    const first = await start()
    // npm passes it on to a shell that waits: nothing ends, so nothing is orphaned. The next start takes over.
    process.kill(first.pid, 'SIGINT')
    const second = await start()
    expect(await leftAfter(first.processes, 0)).toEqual([])

    process.kill(-second.pid, 'SIGINT')
    const third = await start()
    expect(await leftAfter(second.processes, 0)).toEqual([])

    const env = await readFile(third.ready.attach, 'utf8')
    expect(env).toMatch(/^ASSAY_SESSION_KEY='0x[0-9a-f]{64}'$/m)
    expect((await stat(third.ready.attach)).mode & 0o777).toBe(0o600)
    const response = await fetch(third.ready.graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ _meta { status } }' }),
    })
    expect(response.status).toBe(200)

    process.kill(-third.pid, 'SIGINT')
    expect(await leftAfter(third.processes, limit)).toEqual([])
  },
  120_000,
)

test('error: a port is taken', async () => {
  const [port] = await freePorts(1)
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  const options = ['--no-quickstart', ...args, '--port-indexer', String(port)]
  const { code, stderr } = await runScript('scripts/start.ts', options)
  other.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`Port ${String(port)}, which the indexer needs, is taken`)
  expect(stderr).toContain('--port-indexer')
})

test.each([
  ['--port-chain', '99999', '--port-chain must be a port number from 1 to 65535'],
  ['--color', 'red', 'The options are not understood.'],
])('error: option %s %s', async (option, value, message) => {
  const { code, stderr } = await runScript('scripts/start.ts', [option, value])
  expect(code).toBe(1)
  expect(stderr).toContain(message)
})

test('behavior: leftovers are stopped by recorded pid, other processes with such a pid are not', async () => {
  const sleepers = [1, 2].map(() => spawn('sleep', ['60'], { stdio: 'ignore' }))
  const [leftover, stranger] = await Promise.all(sleepers.map(entryOf))
  if (!leftover || !stranger) throw new Error('`sleep` does not run.')
  seen.push(leftover, stranger)
  const processes = [leftover, { ...stranger, startedAt: 'before the reboot' }]
  await writeFile(join(state, 'run.json'), JSON.stringify({ processes }))
  expect(await stopEarlierRun(state)).toBe(1)
  expect(await stillRunning([leftover, stranger])).toEqual([stranger])
})

/** The process as the table shows it, once it runs its own program. */
async function entryOf(child: ChildProcess): Promise<ProcessEntry | undefined> {
  for (let i = 0; i < 100; i++) {
    const entry = (await processTable()).get(child.pid ?? 0)
    if (entry?.command.startsWith('sleep')) return entry
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return undefined
}
