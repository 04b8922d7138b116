/** The relay as a program of its own, and as a worker. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { variables } from '@assay/relay'
import worker from '@assay/relay/worker'
import { build } from 'esbuild'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanEnv, runScript } from '../support/run-script.ts'
import { type Stage, startStage } from './support/relayed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const script = 'relay/src/serve.ts'

let stage: Stage
let env: Record<string, string>
beforeAll(async () => {
  stage = await startStage()
  const key = generatePrivateKey()
  const { address } = privateKeyToAccount(key)
  await stage.chain.client.setBalance({ address, value: 10n ** 19n })
  const { modelRegistry, environmentRegistry, inferenceLog, verdictRegistry } =
    stage.chain.addresses
  env = {
    ASSAY_CHAIN_ID: String(stage.chain.chainId),
    ASSAY_RPC_URL: `http://127.0.0.1:9,${stage.chain.rpcUrl}`,
    ASSAY_RELAY_KEY: key,
    ASSAY_RELAY_ACCOUNTS: 'anyone',
    ASSAY_RELAY_PORT: '0',
    ASSAY_INFERENCE_LOG: inferenceLog,
    ASSAY_MODEL_REGISTRY: modelRegistry,
    ASSAY_ENVIRONMENT_REGISTRY: environmentRegistry,
    ASSAY_VERDICT_REGISTRY: verdictRegistry,
  }
})
afterAll(() => stage.stop())

test('default: listens, settles, tells what it does without its key, ends by a signal', async () => {
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: { ...cleanEnv(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      const event = JSON.parse(line) as { type: string; url?: string }
      if (event.type === 'listening') resolve(event.url ?? '')
    })
    child.once('exit', reject)
  })
  const log = stage.newLog(await stage.authorizedParty())
  const body = stage.bodyOf([await log.batch(0n, 2)])
  const { json } = await stage.post(url, '/v1/settlements', body, { prefer: 'wait=20' })
  expect(json.settlements[0].status).toBe('settled')
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type)
  expect(types).toEqual(expect.arrayContaining(['listening', 'sent', 'mined', 'ending']))
  expect(lines.join('\n')).not.toContain(env.ASSAY_RELAY_KEY?.slice(2))
}, 60_000)

test('behavior: --help names each variable', async () => {
  const { code, stdout } = await runScript(script, ['--help'])
  expect(code).toBe(0)
  for (const [name] of Object.values(variables)) expect(stdout).toContain(name)
})

test('error: a setting that is missing or malformed is named, and its value is not shown if it is a key', async () => {
  const changes: [string, string][] = [
    ['ASSAY_CHAIN_ID', 'one'],
    ['ASSAY_RPC_URL', 'ftp://x'],
    ['ASSAY_RELAY_KEY', '0x5ec2e7'],
    ['ASSAY_RELAY_ACCOUNTS', 'everyone'],
    ['ASSAY_RELAY_ACCEPTS', 'settleBatches,everything'],
    ['ASSAY_RELAY_BUDGET', '-1'],
    ['ASSAY_RELAY_PORT', 'x'],
    ['ASSAY_INFERENCE_LOG', '0x12'],
  ]
  for (const [name, value] of [...changes, ['ASSAY_RELAY_ACCOUNTS', '']] as [string, string][]) {
    const { code, stderr } = await runScript(script, [], { ...env, [name]: value })
    expect(code, name).toBe(2)
    expect(stderr).toContain(name)
    expect(stderr).not.toContain('5ec2e7')
  }
  expect((await runScript(script, ['--port', '1'], env)).code).toBe(2)
  const taken = await stage.listen(() => new Response())
  const { code, stderr } = await runScript(script, [], {
    ...env,
    ASSAY_RELAY_PORT: new URL(taken.url).port,
  })
  expect(code).toBe(3)
  expect(stderr).toContain('EADDRINUSE')
}, 120_000)

test('behavior: the worker settles, and has no Node built-in on its path', async () => {
  const log = stage.newLog(await stage.authorizedParty())
  const body = JSON.stringify(stage.bodyOf([await log.batch(0n, 2)]))
  const waits: Promise<unknown>[] = []
  const answer = await worker.fetch(
    new Request('https://relay.example/v1/settlements', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', prefer: 'wait=20' },
    }),
    env,
    { waitUntil: (promise) => waits.push(promise) },
  )
  expect(await answer.json()).toMatchObject({
    settlements: [{ status: 'settled', transactionHash: expect.stringMatching(/^0x/) }],
  })
  expect(waits).toHaveLength(1)

  const { metafile } = await build({
    entryPoints: [`${root}relay/src/worker.ts`],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser', 'import'],
    logLevel: 'silent',
  })
  const built = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, external }) => (external ? [path] : [])),
  )
  expect(built).toEqual([])
})
