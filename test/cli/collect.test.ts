/** `assay collect` as a process, asked over HTTP by programs in several languages. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type InferenceReceipt, verifyReceipt } from '@assay/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { guardFrom } from '../../cli/src/collect/guard-options.ts'
import { defaultLimits, limitsFrom } from '../../cli/src/collect/limits.ts'
import { listen, type Listening } from '../../cli/src/collect/listen.ts'
import type { CollectOptions } from '../../cli/src/collect/options.ts'
import { problems } from '../../cli/src/collect/problems.ts'
import { type Session, startSession } from '../sdk/support/session.ts'
import { cleanEnv } from '../support/run-script.ts'
import { assay } from './support/assay.ts'
import { environmentOf, type Spawned, spawnCollector } from './support/collector.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const isThere = (program: string) => spawnSync(program, ['--version']).status === 0
const [python, curl] = [isThere('python3'), isThere('curl')]
for (const [there, what] of [
  [python, 'examples/collector, as there is no python3'],
  [curl, "docs/collector.md's commands, as there is no curl"],
] as const) {
  if (!there) console.warn(`\n!!! NOT RUN: ${what} here !!!\n`)
}

let at: Session
beforeAll(async () => {
  at = await startSession()
})
afterAll(() => at.stop())

const running: Spawned[] = []
afterEach(async () => {
  for (const it of running.splice(0)) if (it.child.exitCode === null) await it.end('SIGKILL')
})
async function start(env: Record<string, string>, args: string[] = []): Promise<Spawned> {
  const started = await spawnCollector(env, args)
  running.push(started)
  return started
}

const exchange = { request: { text: 'question' }, response: { text: 'answer' } }

/** Runs a program to its end. */
function run(command: string, args: string[], env: Record<string, string>) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(
      command,
      args,
      { cwd: root, env: { ...cleanEnv(), ...env } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

async function expectVerified(receipt: InferenceReceipt): Promise<void> {
  const { policy, chain } = at
  const report = await verifyReceipt(receipt, { policy, client: chain.client })
  expect(report.status).toBe('verified')
}

test('default: records of several clients are settled, and their receipts verify; a signal ends it in order', async () => {
  const directory = await at.directory()
  const collector = await start(environmentOf(at, directory))
  const clients = await Promise.all(
    Array.from({ length: 4 }, async (_, client) => {
      const record = (n: number) => ({
        request: { text: `question ${client} ${n}` },
        response: { text: 'answer' },
        idempotencyKey: `${client}-${n}`,
      })
      const one = await collector.post(record(0))
      const several = await collector.post([1, 2, 3, 4, 5].map(record))
      return [one.json, ...several.json.inferences]
    }),
  )
  const ids = clients.flat().map(({ inferenceId }) => inferenceId)
  expect(new Set(ids).size).toBe(24)
  for (const id of ids) {
    const { status, json } = await collector.ask(`/v1/inferences/${id}/receipt`, {
      headers: { prefer: 'wait=30' },
    })
    expect(status).toBe(200)
    await expectVerified(json as unknown as InferenceReceipt)
  }
  expect(await collector.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(collector.events).toMatchObject([
    { event: 'listening', journal: directory, pending: 0 },
    ...collector.events.slice(1, -2).map(() => ({ event: 'progress' })),
    { event: 'ending', signal: 'SIGTERM' },
    { event: 'ended', recorded: 24, settled: 24, pending: 0, dropped: 0 },
  ])
  expect(JSON.stringify(collector.events) + collector.said()).not.toContain(at.sessionKey.slice(2))
})

test('behavior: at its end it says what is left, and the next run settles that', async () => {
  const directory = await at.directory()
  const env = environmentOf(at, directory)
  // The chain is away, which keeps nobody from starting and nothing from being taken.
  const away = await start({ ...env, ASSAY_RPC_URL: 'http://127.0.0.1:1/s3cr3t' }, [
    '--grace',
    '0.5',
  ])
  const { status, json } = await away.post({ ...exchange, idempotencyKey: 'k' })
  expect(status).toBe(201)
  expect(await away.end('SIGINT')).toEqual({ code: 0, signal: null })
  expect(away.events.at(-1)).toMatchObject({ event: 'ended', recorded: 1, settled: 0, pending: 1 })
  expect(JSON.stringify(away.events) + away.said()).not.toContain('s3cr3t')
  // What the collector keeps beside the journals is no journal to the other commands.
  const shown = await assay(['status', '--offline', '--json'], { env })
  expect(JSON.parse(shown.stdout)).toMatchObject({ journals: [{ pending: '1' }], unread: [] })

  const next = await start(env)
  expect((await next.post({ ...exchange, idempotencyKey: 'k' })).json).toEqual({
    ...json,
    repeated: true,
  })
  const receipt = await next.ask(`/v1/inferences/${json.inferenceId}/receipt`, {
    headers: { prefer: 'wait=30' },
  })
  await expectVerified(receipt.json as unknown as InferenceReceipt)
})

test('error: JournalHeldError names the process; ListenError; the one that runs goes on', async () => {
  const env = environmentOf(at, await at.directory())
  const first = await start(env)
  const second = await assay(['collect', '--port', '0'], { env })
  expect([second.code, second.stderr]).toEqual([
    3,
    expect.stringContaining(`Another collector has these journals: process ${first.child.pid}.`),
  ])
  const { port } = new URL(first.url)
  const other = { ...env, ASSAY_JOURNAL: await at.directory() }
  const taken = await assay(['collect', '--port', port, '--json'], { env: other })
  expect([taken.code, taken.stdout]).toEqual([3, expect.stringContaining('"ListenError"')])
  expect((await first.post(exchange)).status).toBe(201)
  await first.end('SIGKILL')
  // One that died holds nothing.
  expect((await (await start(env)).post(exchange)).status).toBe(201)
})

describe('options', () => {
  test('error: UsageError, InputError, before anything is opened', async () => {
    const directory = await at.directory()
    const env = environmentOf(at, join(directory, 'journal'))
    const cases: [string[], string, Record<string, string>?][] = [
      [['--host', '0.0.0.0'], 'need a token'],
      [['--port', '65536'], '`--port`'],
      [['--max-queue', '10'], '`--max-records`'],
      [[], 'ASSAY_SESSION_KEY', { ASSAY_SESSION_KEY: '0x12' }],
    ]
    await Promise.all(
      cases.map(async ([args, said, more]) => {
        const { code, stderr } = await assay(['collect', ...args], { env: { ...env, ...more } })
        expect([code, stderr], args.join(' ')).toEqual([3, expect.stringContaining(said)])
      }),
    )
    expect(await readdir(directory)).toEqual([])
  })

  test.each([
    [{ maxQueue: '0' }, '`--max-queue`'],
    [{ maxBody: '999999999' }, '`--max-body`'],
    [{ remember: '1e3' }, '`--remember`'],
    [{ maxConnections: '-1' }, '`--max-connections`'],
  ])('error: UsageError for the limit %o', (options, said) => {
    expect(() => limitsFrom(options)).toThrow(said)
  })

  const token = 'correct-horse-battery'
  test('behavior: a token comes from a file or a variable, and lets those in who send it', async () => {
    const tokenFile = join(await at.directory(), 'token')
    await writeFile(tokenFile, `${token}\n`)
    vi.stubEnv('ASSAY_COLLECTOR_TOKEN', 'another-horse-battery')
    for (const [options, good] of [
      [{ tokenFile }, token],
      [{}, 'another-horse-battery'],
    ] as const) {
      const { hasToken, allowedHosts } = await guardFrom(options, 'collector.internal')
      const by = (sent: string) =>
        hasToken?.(new Request('http://a', { headers: { authorization: `Bearer ${sent}` } }))
      expect([by(good), by(`${good}x`), allowedHosts]).toEqual([
        true,
        false,
        ['collector.internal'],
      ])
    }
    vi.unstubAllEnvs()
    expect((await guardFrom({}, '127.0.0.1')).hasToken).toBe(undefined)
  })

  test('error: UsageError, InputError: who may ask; a token is not said back', async () => {
    const tokenFile = join(await at.directory(), 'token')
    const refused = async (options: CollectOptions, host = '127.0.0.1') =>
      guardFrom(options, host).then(String, String)
    expect(await refused({ tokenFile })).toContain('cannot be read (ENOENT)')
    await writeFile(tokenFile, 'horse')
    const short = await refused({ tokenFile })
    expect(short).toContain('at least 16 printable characters')
    expect(short).not.toContain('horse')
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.evil.example']) {
      expect(await refused({}, host), host).toContain('need a token')
    }
    for (const name of ['a:80', 'http://a', 'a b', '']) {
      expect(await refused({ allowHost: [name] }), name).toContain('`--allow-host`')
    }
    for (const origin of ['https://a.example/path', 'a.example', 'null', '*']) {
      expect(await refused({ allowOrigin: [origin] }), origin).toContain('`--allow-origin`')
    }
  })
})

describe.skipIf(!python)('examples/collector', () => {
  test('default: the example prints a receipt that verifies', async () => {
    const collector = await start(environmentOf(at, await at.directory()))
    const env = { ASSAY_COLLECTOR_URL: collector.url }
    const { code, stdout, stderr } = await run('python3', ['examples/collector/example.py'], env)
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^recorded 0x[0-9a-f]{64}\n$/)])
    const receipt = JSON.parse(stdout) as InferenceReceipt
    await expectVerified(receipt)
    const opened = new Map(receipt.fields.opened.map(({ name, value }) => [name, value]))
    expect(Buffer.from(opened.get('usage')?.slice(2) ?? '', 'hex').toString()).toBe(
      '{"completion_tokens":2,"prompt_tokens":9,"total_tokens":11}',
    )
  })

  test('behavior: hands in again what got no answer, several at once, digests alone; tells refusals', async () => {
    const directory = await at.directory()
    const env = environmentOf(at, directory)
    const first = await start(env)
    const script = `
import sys
sys.path.insert(0, "examples/collector")
from assay_collector import Collector, CollectorError, make_record
collector = Collector(sys.argv[1], patience=40)
for n in range(3):
    collector.record(request=f"q{n}", response=b"\\x00\\xff", digests_only=True)
print("recorded", flush=True)
sys.stdin.readline()
recorded = collector.record_all(make_record(f"several {n}", "a") for n in range(1200))
assert len({it["inferenceId"] for it in recorded}) == 1200
key = {"idempotency_key": "same", "served_at": 1}
one, two = (collector.record("q", "a", **key) for _ in range(2))
assert (one["inferenceId"], two["repeated"]) == (two["inferenceId"], True)
try:
    collector.record("other", "a", **key)
except CollectorError as error:
    assert error.code == "key-reused", error.code
assert collector.state(one["inferenceId"])["inferenceId"] == one["inferenceId"]
collector.flush()
print(collector.status()["recorded"])
`
    const { port } = new URL(first.url)
    const child = spawn('python3', ['-c', script, first.url], {
      cwd: root,
      env: { ...cleanEnv(), http_proxy: 'http://127.0.0.1:1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let said = ''
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.stdout.on('data', (piece) => (said += String(piece)))
    await expect.poll(() => said, { timeout: 20_000 }).toContain('recorded')
    await first.end('SIGKILL')
    child.stdin.end('\n')
    await start(env, ['--port', port])
    expect(await ended).toBe(0)
    expect(said).toBe('recorded\n1201\n')
  })
})

describe('docs/collector.md', async () => {
  const page = await readFile(join(root, 'docs/collector.md'), 'utf8')
  const blocks = (kind: string) =>
    [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(([, it = '']) => it)

  test.skipIf(!curl)('behavior: its commands do what it says', async () => {
    const collector = await start(environmentOf(at, await at.directory()))
    const env = { COLLECTOR: collector.url, no_proxy: '*' }
    const answers = []
    const commands = blocks('sh')
    expect(commands).toHaveLength(2)
    for (const command of commands) {
      const { code, stdout, stderr } = await run('bash', ['-c', command], env)
      expect([code, stderr], command).toEqual([0, ''])
      answers.push(JSON.parse(stdout) as object)
    }
    const shown = JSON.parse(blocks('json')[0] ?? '') as object
    expect(answers).toEqual([
      { ...shown, inferenceId: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
      {
        inferences: ['1', '2'].map((sequence) => ({
          ...shown,
          inferenceId: expect.stringMatching(/^0x[0-9a-f]{64}$/),
          sequence,
        })),
      },
    ])
    const refused = await collector.post({ request: { text: 'a' } })
    expect(refused.json).toEqual(JSON.parse(blocks('json')[1] ?? ''))
  })

  test('behavior: it has each code and each limit, as they are', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) +\|/gm)]
    expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(
      Object.entries(problems).map(([code, [status]]) => [code, status]),
    )
    const { maxBodyBytes, maxRecords, maxQueue, maxConnections, remember } = defaultLimits
    for (const [option, value] of [
      ['--max-body', `${maxBodyBytes / 2 ** 20} MiB`],
      ['--max-records', maxRecords.toLocaleString('en')],
      ['--max-queue', maxQueue.toLocaleString('en')],
      ['--max-connections', String(maxConnections)],
    ]) {
      expect(page).toMatch(new RegExp(`^\\|[^|]+\\| ${value} +\\| \`${option}\``, 'm'))
    }
    expect(page).toContain(`${remember.toLocaleString('en')} inferences (\`--remember\`)`)
    expect(existsSync(join(root, 'examples/collector/assay_collector.py'))).toBe(true)
  })
})

describe('slow and many connections', () => {
  const servers: Listening[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close(0)
  })

  const times = {
    ...{ headMillis: 300, requestMillis: 600, idleMillis: 400, stuckMillis: 900, lookEvery: 50 },
  }
  async function serve(maxConnections: number): Promise<number> {
    const server = await listen(
      async (request) => {
        const { byteLength } = await request.arrayBuffer()
        if (request.url.endsWith('/never')) await new Promise(() => undefined)
        return new Response(String(byteLength))
      },
      { host: '127.0.0.1', port: 0, maxConnections, times },
    )
    servers.push(server)
    return Number(new URL(server.url).port)
  }

  function connect(port: number, text = ''): Socket {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    if (text) socket.write(text)
    return socket
  }
  const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve))

  test.each([
    ['a head that never ends', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-', 'a'],
    [
      'a body that drips',
      'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n',
      'a',
    ],
    ['nothing at all', '', ''],
    ['one that waits too long', 'GET /never HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', ''],
  ])('error: %s is cut off', async (_name, head, drip) => {
    const port = await serve(10)
    const socket = connect(port, head)
    const timer = setInterval(() => drip && socket.write(drip), 50)
    socket.resume()
    await closed(socket)
    clearInterval(timer)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  })

  test('error: connections beyond the limit are closed, and others served once there is room', async () => {
    const port = await serve(3)
    const held = [1, 2, 3].map(() => connect(port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-'))
    await Promise.all(
      held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
    )
    const refused = connect(port)
    refused.resume()
    await closed(refused)
    await Promise.all(
      held.map((socket) => {
        socket.resume()
        return closed(socket)
      }),
    )
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  })
})
