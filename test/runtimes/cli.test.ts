import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { VerificationReport } from '@assay/sdk'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanEnv } from '../support/run-script.ts'
import { offlineReceipts } from '../sdk/support/offline-receipts.ts'
import { installCli, installRuntimes, runtime } from './support/install.ts'

const missing = await installRuntimes()
if (missing) console.error(`\nNOT TESTED, the command on Node 24: ${missing}\n`)
/** The command on each Node. */
const nodes = [
  ['Node 22', () => process.execPath],
  ['Node 24', () => runtime('node24/bin/node')],
] as const
/** Where they must run, a runtime that is missing fails. */
const needed =
  process.env.CI !== undefined && process.platform === 'linux' && process.arch === 'x64'

const settings = {
  ASSAY_RPC_URL: 'http://127.0.0.1:1',
  ASSAY_CHAIN_ID: '31337',
  ASSAY_INFERENCE_LOG: '0x0000000000000000000000000000000000000001',
  ASSAY_OWNER: '0x0000000000000000000000000000000000000002',
  ASSAY_SESSION_KEY: generatePrivateKey(),
}

let directory: string
let script: string
let receipt: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-cli-'))
  script = await installCli(directory)
  receipt = join(directory, 'receipt.json')
  await writeFile(receipt, JSON.stringify((await offlineReceipts({ count: 3 }))[1]))
}, 120_000)
afterAll(() => rm(directory, { recursive: true, force: true }))

const run = (node: string, ...args: string[]) =>
  promisify(execFile)(node, [script, ...args], { env: cleanEnv() }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: unknown) => error as { code: number; stdout: string },
  )

describe('the command, packed and installed', () => {
  test.skipIf(missing !== undefined && !needed).each(nodes)(
    'behavior: runs on %s',
    async (_, nodeOf) => {
      const node = nodeOf()
      expect((await run(node, '--help')).stdout).toContain('Usage: assay')
      const { code, stdout } = await run(node, 'verify', receipt, '--offline', '--json')
      expect(code).toBe(2)
      const report = JSON.parse(stdout) as VerificationReport
      const line = (name: string) => report.checks.find((check) => check.name === name)?.status
      expect(['commitment', 'inclusion', 'signature'].map(line)).toEqual(
        Array.from({ length: 3 }, () => 'verified'),
      )
      const ready = await run(node, 'verify', receipt, '--offline', '--policy', 'strict-finance')
      expect([ready.code, ready.stdout]).toEqual([2, expect.stringContaining('names no contracts')])
      expect((await run(node, 'verify', 'nowhere')).code).toBe(3)
    },
  )

  test.skipIf(missing !== undefined && !needed).each(nodes)(
    'behavior: takes records on %s, while the chain is away',
    async (name, nodeOf) => {
      const child = spawn(
        nodeOf(),
        [script, 'collect', '--port', '0', '--grace', '0.1', '--json'],
        { env: { ...cleanEnv(), ...settings, ASSAY_JOURNAL: join(directory, name) } },
      )
      const ended = once(child, 'close')
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const { url } = JSON.parse((await lines.next()).value as string) as { url: string }
      const answer = await fetch(`${url}/v1/inferences`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"request":{"text":"q"},"response":{"text":"a"}}',
      })
      expect([answer.status, await answer.json()]).toMatchObject([201, { sequence: '0' }])
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
    },
  )

  test('behavior: its name is on the path, and its files hold the build alone', async () => {
    await access(join(directory, 'node_modules/.bin/assay'), constants.X_OK)
    expect((await readFile(script, 'utf8')).split('\n', 1)[0]).toBe('#!/usr/bin/env node')
    const files = await readdir(join(directory, 'node_modules/@assay/cli'), { recursive: true })
    expect(files.filter((name) => /\.ts$|\btest/.test(name))).toEqual([])
  })
})
