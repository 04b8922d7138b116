import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, type InferenceReceipt, type VerificationReport } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readyPolicies } from '../../cli/src/verify/ready-policies.ts'
import { assay } from './support/assay.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

let at: Receipts
let receipt: InferenceReceipt
let file: string
beforeAll(async () => {
  at = await startReceipts()
  receipt = await at.receiptOf({ request: 'question', response: 'answer', model: 'm' })
  file = await at.file('receipt.json', receipt)
})
afterAll(() => at.stop())

const verify = (...args: string[]) => assay(['verify', ...args])
const parsed = (text: string) => JSON.parse(text) as VerificationReport
const check = (report: VerificationReport, name: string) =>
  report.checks.find((it) => it.name === name)

describe('exit codes', () => {
  test('default: 0 if verified, with the three questions, the record, and what is not proven', async () => {
    const { code, stdout, stderr } = await verify(file, ...at.args)
    expect([code, stderr]).toEqual([0, ''])
    const titles = ['Which model?', 'Which environment?', 'Was it this output?', 'The record']
    const places = titles.map((title) => stdout.indexOf(title))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(stdout).toMatch(/^✓ Verified: all that the policy requires is shown\.\n/)
    expect(stdout).toContain('31337: a local chain')
    expect(stdout).toMatch(/\? model +unknown +declared +Not registered; the recorder names “m”/)
    expect(stdout).toMatch(/✓ settlement +verified +vouched +Settled/)
    expect(stdout).toContain('Not proven: ')
    expect(stdout).not.toContain('\u001b')
  })

  test('behavior: 1 if refuted, also offline', async () => {
    const inference = { ...receipt.inference, servedAt: '1' }
    const changed = await at.file('changed.json', { ...receipt, inference })
    for (const args of [at.args, ['--offline']]) {
      const { code, stdout } = await verify(changed, ...args)
      expect(code).toBe(1)
      expect(stdout).toMatch(/^✗ Refuted: /)
      expect(stdout).toMatch(/✗ inclusion +refuted +proven/)
    }
  })

  test('behavior: 2 if unknown: offline, nobody named, nobody there, a policy that asks for more', async () => {
    const model = await at.file('strict.json', {
      ...at.policy,
      require: [...at.policy.require, 'model'],
    })
    const policy = ['--policy', at.policyFile]
    for (const args of [
      [...policy, '--offline'],
      policy,
      [...policy, '--rpc', 'http://127.0.0.1:9'],
      [...at.args, '--policy', model],
      ['--rpc', at.chain.rpcUrl],
    ]) {
      const { code, stdout } = await verify(file, ...args)
      expect(code, args.join(' ')).toBe(2)
      expect(stdout).toMatch(/^\? Unknown: /)
    }
    const { stderr } = await verify(file, ...policy)
    expect(stderr).toContain('Nobody was asked about chain 31337: name an endpoint by --rpc')
  })

  test.each([
    ['no command', []],
    ['an unknown command', ['vrify']],
    ['no input', ['verify']],
    ['too many inputs', ['verify', 'a', 'b']],
    ['an unknown option', ['verify', 'a', '--polcy', 'b']],
    ['an option without its value', ['verify', 'a', '--policy']],
    ['a file that is not there', ['verify', 'nowhere.json']],
    ['options that exclude each other', ['verify', 'a', '--offline', '--rpc', 'http://127.0.0.1']],
    ['a URL offline', ['verify', 'https://example.org/r', '--offline']],
    ['a time that is none', ['verify', 'a', '--timeout', '-1']],
    ['no subcommand', ['receipt']],
  ])('error: 3 for %s, and the same as JSON', async (_, args) => {
    const told = await assay(args)
    expect([told.code, told.stdout]).toEqual([3, ''])
    expect(told.stderr).toMatch(/^error: [A-Z`].*\n/)
    expect(told.stderr).not.toMatch(/^ {4}at /m)
    const json = await assay([...args, '--json'])
    expect([json.code, json.stderr]).toEqual([3, ''])
    const { error } = JSON.parse(json.stdout) as { error: Record<string, unknown> }
    expect(Object.keys(error)).toEqual(['code', 'message', 'details', 'docsPath'])
    expect(told.stderr).toContain(error.message)
  })

  test('behavior: what was probably meant is said', async () => {
    expect((await assay(['vrify'])).stderr).toContain('Did you mean verify?')
    expect((await verify('a', '--polcy', 'b')).stderr).toContain('Did you mean --policy?')
  })
})

describe('output', () => {
  test('behavior: --json is the report and nothing else, also where nobody is named', async () => {
    const { code, stdout, stderr } = await verify(file, ...at.args, '--json')
    expect([code, stderr]).toEqual([0, ''])
    const report = parsed(stdout)
    expect(report).toMatchObject({
      schema: 'assay/report/v1',
      status: 'verified',
      inferenceId: receipt.inferenceId,
      chain: { id: '31337', local: true, endpoints: [new URL(at.chain.rpcUrl).host] },
    })
    expect((await verify(file, '--policy', at.policyFile, '--json')).stderr).toBe('')
  })

  test('behavior: --explain says what each check means, and in full what is hidden and not proven', async () => {
    const { stdout } = await verify(file, ...at.args, '--explain')
    const report = parsed((await verify(file, ...at.args, '--json')).stdout)
    expect(report.notProven.length).toBeGreaterThan(1)
    for (const line of report.notProven) expect(stdout).toContain(line)
    for (const { reason } of report.checks) expect(stdout).toContain(reason)
    for (const name of report.hidden) expect(stdout).toContain(name)
    expect(stdout).toContain('Is the inference in the batch, at its place?')
    expect(stdout).toMatch(/declared +the party itself says so/)
  })

  test('behavior: painted where asked for, by option or environment', async () => {
    const painted = async (args: string[], env: Record<string, string>) =>
      (await assay(['verify', file, '--offline', ...args], { env })).stdout.includes('\u001b[')
    expect(await painted([], {})).toBe(false)
    expect(await painted(['--color'], { NO_COLOR: '1' })).toBe(true)
    expect(await painted([], { FORCE_COLOR: '1' })).toBe(true)
    expect(await painted([], { FORCE_COLOR: '0' })).toBe(false)
    expect(await painted(['--no-color'], { FORCE_COLOR: '1' })).toBe(false)
  })

  test('behavior: ASSAY_DEBUG shows where it came from', async () => {
    const { code, stderr } = await assay(['verify', 'nowhere'], { env: { ASSAY_DEBUG: '1' } })
    expect(code).toBe(3)
    expect(stderr).toMatch(/^ {4}at /m)
  })

  test('behavior: help is on standard output, for each command, with examples and exit codes', async () => {
    for (const args of [['--help'], ['verify', '--help'], ['receipt', 'show', '--help']]) {
      const { code, stdout, stderr } = await assay(args)
      expect([code, stderr], args.join(' ')).toEqual([0, ''])
      for (const word of ['Usage: assay', 'Examples:', 'Exit codes:']) {
        expect(stdout).toContain(word)
      }
    }
  })

  test('behavior: the version is that of the package', async () => {
    const text = await readFile(new URL('../../cli/package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(text) as { version: string }
    expect(await assay(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})

describe('what is verified', () => {
  test('behavior: standard input', async () => {
    const text = JSON.stringify(receipt)
    const { code, stdout } = await assay(['verify', '-', ...at.args, '--json'], { stdin: text })
    expect([code, parsed(stdout).inferenceId]).toEqual([0, receipt.inferenceId])
    expect((await assay(['verify', '-', ...at.args], { stdin: '' })).code).toBe(3)
  })

  test('behavior: contents that are held are compared', async () => {
    const request = await at.file('request', 'question')
    const response = await at.file('response', 'answer')
    const both = await verify(file, ...at.args, '--request', request, '--response', response)
    expect(both.code).toBe(0)
    expect(both.stdout).toMatch(/✓ contents +verified +proven/)
    const swapped = await verify(file, ...at.args, '--request', response)
    expect(swapped.code).toBe(1)
    expect(swapped.stdout).toMatch(/✗ contents +refuted +proven/)
  })

  test('behavior: all endpoints have to agree', async () => {
    const twice = await verify(file, ...at.args, '--rpc', at.chain.rpcUrl, '--json')
    expect(twice.code).toBe(0)
    expect(parsed(twice.stdout).chain.endpoints).toHaveLength(2)
    const down = await verify(file, ...at.args, '--rpc', 'http://127.0.0.1:9', '--json')
    expect(down.code).toBe(2)
    expect(check(parsed(down.stdout), 'settlement')?.status).toBe('unknown')
  })

  test('behavior: endpoints are those of the policy, then ASSAY_RPC_URL, never the receipt’s', async () => {
    const chain = { ...at.policy.chains[31337], rpcs: [at.chain.rpcUrl] }
    const own = await at.file('own.json', { ...at.policy, chains: { 31337: chain } })
    const dead = { ASSAY_RPC_URL: 'http://127.0.0.1:9' }
    expect((await assay(['verify', file, '--policy', own], { env: dead })).code).toBe(0)
    const env = { ASSAY_RPC_URL: at.chain.rpcUrl }
    const policy = ['--policy', at.policyFile]
    expect((await assay(['verify', file, ...policy], { env })).code).toBe(0)
    const offline = await assay(['verify', file, ...policy, '--offline', '--json'], { env })
    expect(parsed(offline.stdout).chain.endpoints).toEqual([])
    const named = { ...receipt, hints: { uri: at.chain.rpcUrl } }
    expect((await verify(await at.file('named.json', named), ...policy)).code).toBe(2)
  })

  test('behavior: a ready policy is taken by its name, also where a file of that name lies', async () => {
    const names = await readdir(new URL('../../sdk/policies/', import.meta.url))
    expect(names.map((name) => name.replace(/\.json$/, ''))).toEqual([...readyPolicies])
    const taken = async (name: string) => {
      const args = ['verify', file, '--policy', name, '--offline', '--json']
      const { code, stdout, stderr } = await assay(args, { cwd: at.files })
      const { reason } = check(parsed(stdout), 'settlement') ?? expect.unreachable()
      return { code, reason, stderr }
    }
    // It alone names no chain.
    const reason = 'The policy names no contracts on chain 31337.'
    expect(await taken('strict-finance')).toEqual({ code: 2, reason, stderr: '' })
    for (const name of ['open-research', 'own-deployment']) {
      const { code, reason } = await taken(name)
      expect([code, reason]).toEqual([2, expect.stringContaining('the policy believes 0x')])
    }
    await at.file('strict-finance', at.policy)
    const both = await taken('strict-finance')
    expect(both).toMatchObject({ code: 2, reason })
    expect(both.stderr).toContain('./strict-finance means the file')
    const asked = 'The chain was not asked.'
    expect(await taken('./strict-finance')).toEqual({ code: 2, reason: asked, stderr: '' })
  })

  test('error: InputError lists the ready policies where a name is none of them', async () => {
    for (const name of ['strict-finanse', 'strict-finance.json', '__proto__', 'Own-Deployment']) {
      const { code, stderr } = await verify(file, '--policy', name)
      expect([code, stderr]).toEqual([
        3,
        expect.stringContaining('Ready policies: open-research, own-deployment, strict-finance'),
      ])
    }
    const { stderr } = await verify(file, '--policy', './strict-finance.json')
    expect(stderr).toContain('does not exist')
  })

  test('error: InvalidPolicyError, InputError: a policy that is not one to the letter', async () => {
    for (const content of ['', '{}', '[]', { ...at.policy, requires: [] }, 'null']) {
      const policy = await at.file('bad-policy.json', content)
      const { code, stdout } = await verify(file, '--policy', policy, '--json')
      expect(code).toBe(3)
      expect(stdout).toContain('"code":"InvalidPolicyError"')
    }
    const { stdout } = await verify(file, '--policy', at.files, '--json')
    expect(stdout).toContain('"code":"InputError"')
  })

  test('error: UsageError: an endpoint that is none, whose text is not shown', async () => {
    for (const rpc of ['file:///etc/passwd-secret', 'secret', 'https://']) {
      const { code, stderr } = await verify(file, '--policy', at.policyFile, '--rpc', rpc)
      expect(code).toBe(3)
      expect(stderr).toContain('`--rpc` must be the URL of an endpoint')
      expect(stderr).not.toContain('secret')
    }
  })
})

describe('an inference id', () => {
  test('behavior: its receipt comes out of a journal that a recorder holds', async () => {
    const directory = await at.directory()
    const recorder = await at.recorder({ journal: fileJournal({ directory }) })
    const settled = await at.receiptOf({ request: 'held' }, recorder)
    const { code, stdout } = await assay(['verify', settled.inferenceId, ...at.args, '--json'], {
      env: { ASSAY_JOURNAL: directory },
    })
    expect([code, parsed(stdout).inferenceId]).toEqual([0, settled.inferenceId])
    // It goes on as if nobody had looked.
    const next = await at.receiptOf({ request: 'next' }, recorder)
    const id = next.inferenceId.toUpperCase().replace('0X', '0x')
    expect((await verify(id, ...at.args, '--journal', directory)).code).toBe(0)
  })

  test('error: ReceiptNotFoundError says where was looked', async () => {
    const id = `0x${'5'.repeat(64)}`
    const cwd = await at.directory()
    const nowhere = await assay(['verify', id], { cwd })
    expect(nowhere.code).toBe(3)
    expect(nowhere.stderr).toContain('Journals: there are none in .assay/journal')
    expect(nowhere.stderr).toContain('Indexer: none is named')
    const empty = await verify(id, '--journal', cwd, '--indexer', 'http://127.0.0.1:9')
    expect(empty.stderr).toContain(`those in ${cwd} do not hold it`)
    expect(empty.stderr).toContain('Indexer: The indexer gives no answer.')
    const gone = await verify(id, '--journal', join(cwd, 'gone'), '--json')
    expect(gone.stdout).toContain('"code":"JournalError"')
  })

  test('behavior: what is recorded and not settled is told as that', async () => {
    const directory = await at.directory()
    const recorder = await at.recorder({
      journal: fileJournal({ directory }),
      scheduledDelayMillis: 600_000,
      exportTimeoutMillis: 1_000,
    })
    const recorded = await recorder.record({ request: 'early', response: 'bird' })
    const { code, stderr } = await verify(recorded?.inferenceId ?? '', '--journal', directory)
    expect(code).toBe(3)
    expect(stderr).toContain('and not settled yet')
  })
})
