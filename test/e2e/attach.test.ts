import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../support/free-ports.ts'
import { runScript } from '../support/run-script.ts'
import { leftAfter, type RunningStart, startByNpx } from '../support/start-command.ts'

let directory: string
let run: RunningStart
beforeAll(async () => {
  // Beside this file, so that the application finds the packages that it imports.
  directory = await mkdtemp(join(import.meta.dirname, '.attach-'))
  const [chain, indexer] = await freePorts(2)
  const ports = ['--port-chain', String(chain), '--port-indexer', String(indexer)]
  run = await startByNpx(['--state', join(directory, 'state'), ...ports])
}, 120_000)
afterAll(async () => {
  process.kill(run.pid, 'SIGTERM')
  await leftAfter(run.processes, 3_000)
  await rm(directory, { recursive: true, force: true })
})

const application = `
import { createIndexerClient, createRecorder, getInference, verifyReceipt } from '@assay/sdk'
import { createPublicClient, http } from 'viem'

const recorder = createRecorder({ scheduledDelayMillis: 100 })
const recorded = await recorder.record({ request: 'question', response: 'answer' })
const receipt = await recorder.receiptOf(recorded)
const client = createPublicClient({ transport: http(process.env.ASSAY_RPC_URL) })
const { status, checks } = await verifyReceipt(receipt, { client })
await recorder.shutdown()
const indexer = createIndexerClient({ url: process.env.ASSAY_INDEXER_URL })
let found
for (let i = 0; !found && i < 100; i++) {
  found = await getInference(indexer, { inferenceId: receipt.inferenceId })
  await new Promise((again) => setTimeout(again, 100))
}
console.log(JSON.stringify({ status, checks, found: found?.inferenceId === receipt.inferenceId }))
`

test('default: an application of the user’s own attaches by the environment file alone', async () => {
  const file = join(directory, 'application.mjs')
  await writeFile(file, application)
  const environment = `--env-file=${join(directory, 'state', 'env')}`
  const { stdout, stderr, code } = await runScript(environment, [file])
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout), stdout).toMatchObject({ status: 'verified', found: true })
}, 60_000)
