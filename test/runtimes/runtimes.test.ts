import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type InferenceReceipt, type RecorderStatus, verifyReceipt } from '@assay/sdk'
import { build } from 'esbuild'
import { hexToString } from 'viem'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePorts } from '../support/free-ports.ts'
import { cleanEnv } from '../support/run-script.ts'
import { installRuntimes, installSdk, runtime } from './support/install.ts'

/** What a program tells of its two inferences. */
type Seen = {
  answer: unknown
  receipts: InferenceReceipt[]
  told: string[]
  status: RecorderStatus
}

const answer = '{"id":"chatcmpl-1","model":"m-1","choices":[{"message":{"content":"Grüße 🙂"}}]}'

const missing = await installRuntimes()
if (missing) {
  console.error(`\nNOT TESTED, Node 24, Bun, Deno and workerd: ${missing}\n`)
}
/** Where they must run, a runtime that is missing fails. */
const needed =
  process.env.CI !== undefined && process.platform === 'linux' && process.arch === 'x64'

const deno = [runtime('@deno/linux-x64-glibc/deno'), 'run', '--node-modules-dir=manual']

let directory: string
let server: Server
let url: string
/** Addresses that were asked for. */
const asked: (string | undefined)[] = []
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-runtimes-'))
  server = createServer((request, response) => {
    asked.push(request.url)
    request
      .resume()
      .on('end', () => response.setHeader('content-type', 'application/json').end(answer))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
  await installSdk(directory)
}, 120_000)
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true, force: true })
})

/** Runs a program in an empty directory beside the package, and gives what it printed. */
async function runProgram(name: string, command: readonly string[], args: readonly string[]) {
  const cwd = join(directory, name)
  await mkdir(cwd)
  const [file, ...rest] = command as [string, ...string[]]
  const { stdout, stderr } = await promisify(execFile)(file, [...rest, ...args], {
    cwd,
    env: { ...cleanEnv(), NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    timeout: 25_000,
  })
  expect(stderr).toBe('')
  return { cwd, printed: JSON.parse(stdout) as unknown }
}

/** The receipts speak of the bytes that went over the wire, and all that can be checked without a chain is right. */
async function expectReceipts({ receipts, status, ...seen }: Seen): Promise<void> {
  expect(seen.answer).toEqual(JSON.parse(answer))
  expect(status).toMatchObject({ recorded: 2, settled: 2, pending: 0, dropped: 0 })
  for (const receipt of receipts) {
    const { checks } = await verifyReceipt(receipt)
    const verified = checks.filter((check) => check.status === 'verified').map(({ name }) => name)
    expect(verified).toEqual(expect.arrayContaining(['commitment', 'inclusion', 'signature']))
  }
  const [call, computation] = receipts.map(({ fields }) =>
    Object.fromEntries(fields.opened.map(({ name, value }) => [name, value])),
  )
  expect(call?.['response.sha256']).toBe(`0x${createHash('sha256').update(answer).digest('hex')}`)
  expect(hexToString(call?.['model.returned'] ?? '0x')).toBe('m-1')
  expect(computation?.['response.sha256']).toBe(
    `0x${createHash('sha256')
      .update(new Uint8Array([1, 2, 3]))
      .digest('hex')}`,
  )
}

describe('the package, packed and installed, in', () => {
  test.skipIf(missing !== undefined && !needed).each([
    ['Node 22', [process.execPath]],
    ['Node 24', [runtime('node24/bin/node')]],
    ['Bun', [runtime('@oven/bun-linux-x64/bin/bun')]],
    ['Deno', [...deno, '--allow-all']],
    [
      'Deno with the permissions it needs',
      [...deno, '--no-prompt', '--allow-read', '--allow-write', '--allow-net', '--allow-env'],
    ],
  ])('%s', async (name, command) => {
    const { cwd, printed } = await runProgram(name, command, [join(directory, 'main.js'), url])
    const seen = printed as Seen
    expect(seen.told).toEqual([])
    await expectReceipts(seen)
    expect(await readdir(join(cwd, '.assay/journal'))).toHaveLength(1)
  })

  test.skipIf(missing !== undefined && !needed)('workerd, without a Node built-in', async () => {
    const outfile = join(directory, 'worker.bundle.js')
    await build({
      entryPoints: [join(directory, 'worker.js')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      conditions: ['workerd', 'worker', 'browser'],
    })
    const [port] = (await freePorts(1)) as [number]
    const workerd = await startWorkerd(port)
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}?url=${encodeURIComponent(url)}`)
    try {
      const response = await ask('/')
      const seen = (await response.json()) as Seen & { refused: unknown; hasProcess: boolean }
      await expectReceipts(seen)
      expect(seen.told).toEqual([expect.stringContaining('is lost')])
      expect(seen.refused).toEqual({
        name: 'JournalError',
        message: expect.stringContaining('Use `memoryJournal()`') as string,
      })
      expect(seen.hasProcess).toBe(false)
      // Once is enough.
      expect(((await (await ask('/')).json()) as Seen).told).toEqual([])

      asked.length = 0
      expect(await (await ask('/later')).json()).toEqual(JSON.parse(answer))
      await vi.waitUntil(() => asked.length === 2)
      expect(asked[1]).toBe('/v1/chat/completions?settled=1')
    } finally {
      workerd.kill('SIGKILL')
    }
  })

  test('Node, evaluated again and again, with one journal', async () => {
    const outfile = join(directory, 'app.mjs')
    await build({
      entryPoints: [join(directory, 'inferences.js')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
    })
    const args = [join(directory, 'reload.js'), url, outfile]
    const { printed } = await runProgram('reload', [process.execPath], args)
    const { seen, journals } = printed as { seen: Seen[]; journals: string[] }
    expect(journals).toHaveLength(1)
    expect(
      seen.flatMap(({ receipts }) => receipts.map(({ inference }) => inference.sequence)),
    ).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(seen.map(({ status }) => status.recorded)).toEqual([2, 4, 6])
  })
})

/** Serves the bundle. Its flags are workerd's own defaults: what Node would give a worker is not there. */
async function startWorkerd(port: number): Promise<ChildProcess> {
  const config = join(directory, 'worker.capnp')
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.bundle.js")],
      compatibilityDate = "2026-01-01",
      globalOutbound = "local",
    )),
    (name = "local", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  )
  const workerd = spawn(runtime('workerd/bin/workerd'), ['serve', config, '--control-fd=1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // It says so when it listens.
  await once(workerd.stdout, 'data')
  return workerd
}
