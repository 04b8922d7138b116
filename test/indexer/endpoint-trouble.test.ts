import { createIndexerClient } from '@assay/sdk/query'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IndexerRpcUnreachableError, type RunningIndexer, startIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { type RandomChain, startRandomChain } from './support/random-chain.ts'
import { rebuild } from './support/rebuild.ts'
import { type RpcBehaviour, startRpcProxy } from './support/rpc-proxy.ts'
import { startEmbedded } from './support/start-embedded.ts'
import { readTables, sorted } from './support/tables.ts'
import { untilLoaded } from './support/until-loaded.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))

let chain: RandomChain
let proxy: Awaited<ReturnType<typeof startRpcProxy>>
let indexer: RunningIndexer
const log: string[] = []
let options: Parameters<typeof startIndexer>[0]
beforeAll(async () => {
  chain = await startRandomChain(seed)
  await chain.operate(30)
  proxy = await startRpcProxy(chain.rpcUrl)
  const { rpcUrl, wsUrl } = proxy
  const [port] = (await freePorts(1)) as [number]
  options = {
    chainId: 31_337,
    rpcUrl,
    wsUrl,
    port,
    readyBlocks: 2,
    stuckSeconds: 5,
    onLog: (line) => log.push(line),
    logLevel: 'error',
    ...chain.addresses,
  }
  indexer = await startEmbedded(options)
}, 90_000)
afterAll(async () => {
  await indexer.stop()
  await proxy.stop()
  await chain.close()
})

const ready = async () => {
  const response = await fetch(`${indexer.url}/ready`)
  return { status: response.status, ...((await response.json()) as object) }
}
const at = (head: string) => ({ chains: { 31_337: { ready: true, block: head, head } } })

describe('an endpoint in trouble', () => {
  test('default: ready, once what the chain says is here', async () => {
    const head = await chain.client.getBlockNumber()
    await expect
      .poll(ready, { timeout: 20_000 })
      .toEqual({ status: 200, ready: true, ...at(String(head)) })
  })

  const troubles: RpcBehaviour[] = ['down', 'erring', 'garbled', 'slow', 'stale']
  test.each(troubles)(
    'behavior: %s in flight: it is not ready, and recovers by itself',
    async (trouble) => {
      await proxy.behave(trouble)
      await chain.operate(6)
      const head = String(await chain.client.getBlockNumber())
      if (trouble === 'down' || trouble === 'erring' || trouble === 'garbled') {
        await expect
          .poll(ready, { timeout: 10_000 })
          .toMatchObject({ status: 503, ready: false, chains: { 31_337: { head: null } } })
      }
      await new Promise((resolve) => setTimeout(resolve, long ? 25_000 : 1_500))
      await proxy.behave('up')
      await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 200, ...at(head) })
      const client = createIndexerClient({ url: indexer.graphqlUrl })
      await untilLoaded(chain, indexer, client)
      const expected = await rebuild(chain.client, chain.addresses)
      const actual = await readTables(client, Object.keys(expected))
      expect(sorted(actual), `ASSAY_TEST_SEED=${seed}`).toEqual(sorted(expected))
    },
    90_000,
  )

  test('behavior: a block that it was told of and could not read is read, though no other follows', async () => {
    await proxy.behave('missing')
    await chain.operate(1)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    await proxy.behave('up')
    const head = String(await chain.client.getBlockNumber())
    await expect.poll(() => ready().catch(() => ({})), { timeout: 40_000 }).toMatchObject(at(head))
    expect(log.join('\n')).toContain('started anew')
  }, 60_000)

  test('behavior: not ready while it is behind', async () => {
    await proxy.behave('stale')
    await chain.operate(8)
    // The endpoint's own word hides it; the chain's would not.
    await proxy.behave('slow')
    await expect.poll(ready, { timeout: 15_000 }).toMatchObject({ status: 503, ready: false })
    await proxy.behave('up')
    await expect.poll(ready, { timeout: 25_000 }).toMatchObject({ status: 200 })
  }, 60_000)

  test('behavior: down at the start: who starts it is told; the program waits, and goes on by itself', async () => {
    await proxy.behave('down')
    const [port] = (await freePorts(1)) as [number]
    await expect(startIndexer({ ...options, port })).rejects.toThrow(IndexerRpcUnreachableError)
    const program = runProgram(port)
    await expect
      .poll(() => program.lines.join(''), { timeout: 15_000 })
      .toContain('no usable answer')
    await proxy.behave('up')
    const status = () =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        (response) => response.status,
        () => undefined,
      )
    await expect.poll(status, { timeout: 40_000 }).toBe(200)
    expect(await program.stop()).toBe(0)
  }, 90_000)
})

/** The indexer as it is run from a shell. */
function runProgram(port: number) {
  const directory = mkdtempSync(join(tmpdir(), 'assay-indexer-program-'))
  const { modelRegistry, environmentRegistry, inferenceLog, verdictRegistry } = chain.addresses
  const main = fileURLToPath(new URL('../../indexer/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      ASSAY_CHAIN_ID: '31337',
      ASSAY_RPC_URL: proxy.rpcUrl,
      ASSAY_INDEXER_PORT: String(port),
      ASSAY_INDEXER_DIRECTORY: join(directory, 'pglite'),
      ...{ ASSAY_MODEL_REGISTRY: modelRegistry, ASSAY_VERDICT_REGISTRY: verdictRegistry },
      ...{ ASSAY_ENVIRONMENT_REGISTRY: environmentRegistry, ASSAY_INFERENCE_LOG: inferenceLog },
    },
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => lines.push(text.toString()))
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    lines,
    async stop() {
      child.kill('SIGTERM')
      const code = await ended
      rmSync(directory, { recursive: true, force: true })
      return code
    },
  }
}
