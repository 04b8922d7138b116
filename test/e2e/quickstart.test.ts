import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InferenceReceipt, parseReceipt } from '@assay/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../support/free-ports.ts'
import { runScript } from '../support/run-script.ts'

let state: string
let args: string[]
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'assay-quickstart-'))
  const [chain, indexer, server] = await freePorts(3)
  args = [
    ...['--once', '--state', state, '--port-chain', String(chain)],
    ...['--port-indexer', String(indexer), '--port-server', String(server)],
  ]
})
afterAll(() => rm(state, { recursive: true, force: true }))

test('default: both models answer; each answer is recorded, settled, indexed and verified twice', async () => {
  const { code, stdout, stderr } = await runScript('scripts/start.ts', args)
  expect(code, stdout + stderr).toBe(0)
  expect(stdout).toContain('10 of 10 receipts verified by the SDK, all by hand.')
  expect(stdout.match(/ verified +0x/g)).toHaveLength(10)
  expect(stdout).toContain('4 answers are settled by the model’s operator too')
  const files = await readdir(join(state, 'receipts'))
  const receipts: InferenceReceipt[] = await Promise.all(
    files.map(async (file) => parseReceipt(await readFile(join(state, 'receipts', file), 'utf8'))),
  )
  expect(receipts).toHaveLength(10)
  expect(new Set(receipts.map(({ log }) => log.instance)).size).toBe(1)
  const sequences = receipts.map(({ inference }) => Number(inference.sequence))
  expect(sequences.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
}, 120_000)

test('behavior: an endpoint of the user’s own is asked instead, and a failure is an exit code', async () => {
  const endpoint = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_API_KEY: 'k' }
  const { code, stdout, stderr } = await runScript('scripts/start.ts', args, endpoint)
  expect(code).not.toBe(0)
  expect(stdout + stderr).toContain('Connection error')
}, 120_000)
