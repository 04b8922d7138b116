import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { InferenceReceipt } from '@assay/sdk'
import { fileJournal, verifyReceipt } from '@assay/sdk'
import { zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runScript } from '../support/run-script.ts'
import { type Session, startSession } from './support/session.ts'

let session: Session
/** Stands before the chain's RPC; what it does to a request is set by each test. */
let server: Server
let rpcUrl: string
let hinder: (method: string) => 'pass' | 'hang' | 'swallow'
/** A run against an RPC that never answers; the others have ended by the time that this one has. */
let heldUp: ReturnType<typeof runRecording>
let deaf: Server

beforeAll(async () => {
  session = await startSession()
  server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const body = Buffer.concat(pieces).toString()
      const { method, id } = JSON.parse(body) as { method: string; id: number }
      const what = hinder(method)
      if (what === 'hang') return
      response.setHeader('content-type', 'application/json')
      if (what === 'swallow')
        return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: zeroHash }))
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(session.chain.rpcUrl, { method: 'POST', body, headers })
      response.end(await answer.text())
    })()
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  rpcUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  deaf = createServer((request) => void request.resume())
  await new Promise<void>((ready) => deaf.listen(0, '127.0.0.1', ready))
  const deafUrl = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`
  heldUp = runRecording(await session.directory(), ['fall off', '1'], deafUrl)
})
afterAll(async () => {
  deaf.closeAllConnections()
  deaf.close()
  server.closeAllConnections()
  server.close()
  await session.stop()
})

/** Runs a script that records; gives what it acknowledged, and how long it lived on after its work was done, in ms. */
async function runRecording(directory: string, args: readonly string[], url = rpcUrl) {
  const { chain, owner, sessionKey } = session
  const { code, stdout, stderr } = await runScript('test/sdk/support/recording-script.ts', args, {
    ASSAY_CHAIN_ID: String(chain.chainId),
    ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
    ASSAY_OWNER: owner,
    ASSAY_SESSION_KEY: sessionKey,
    ASSAY_RPC_URL: url,
    ASSAY_JOURNAL: directory,
  })
  const ids = stdout.split('\n').filter((line) => line.startsWith('0x'))
  return { code, stderr, ids, millis: Number(/held up (\S+)/.exec(stdout)?.[1]) }
}

/** A later run on the journal, and the inferences that it had to settle. Every receipt of the journal holds. */
async function nextRun(directory: string, ids: readonly string[]): Promise<string[]> {
  const settled: InferenceReceipt[] = []
  const recorder = await session.recorder({
    journal: fileJournal({ directory }),
    onReceipt: (receipt) => settled.push(receipt),
  })
  await recorder.flush()
  const { policy, chain } = session
  for (const id of ids) {
    const receipt = await recorder.receiptOf(id)
    expect((await verifyReceipt(receipt, { policy, client: chain.client })).status).toBe('verified')
  }
  await recorder.shutdown()
  return settled.map(({ inferenceId }) => inferenceId)
}

describe('a script that records and shuts nothing down', () => {
  test('default: ends by itself, once what it recorded is settled', async () => {
    hinder = () => 'pass'
    const directory = await session.directory()
    const { code, stderr, ids, millis } = await runRecording(directory, ['fall off', '3'])
    expect({ code, stderr, count: ids.length }).toEqual({ code: 0, stderr: '', count: 3 })
    expect(millis).toBeLessThan(4_000)
    expect(await nextRun(directory, ids)).toEqual([])
  })

  test('behavior: what is not written yet is, before it ends', async () => {
    hinder = () => 'pass'
    const directory = await session.directory()
    const { ids } = await runRecording(directory, ['at once', '3'])
    expect(ids).toHaveLength(3)
    expect(await nextRun(directory, ids)).toEqual([])
  })

  test.each([
    ['an RPC that never answers', () => 'hang' as const],
    [
      'a transaction that is never mined',
      (method: string) => (method === 'eth_sendRawTransaction' ? 'swallow' : 'pass'),
    ],
  ])('behavior: is held up by %s for exportTimeoutMillis, and says so', async (_, what) => {
    hinder = what
    const directory = await session.directory()
    const { code, stderr, ids, millis } = await runRecording(directory, ['fall off', '2', '1500'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^assay: The inference was not settled within 1500 ms\..*\n$/)
    expect(millis).toBeGreaterThan(1_500)
    expect(millis).toBeLessThan(4_000)
    hinder = () => 'pass'
    expect((await nextRun(directory, ids)).sort()).toEqual(ids.sort())
  })

  test('behavior: is held up for five seconds at most', async () => {
    const { stderr, millis } = await heldUp
    expect(stderr).toContain('was not settled within 5000 ms')
    expect(millis).toBeGreaterThan(5_000)
    expect(millis).toBeLessThan(8_000)
  })

  test('behavior: is not held up where nothing listens', async () => {
    const directory = await session.directory()
    const args = ['fall off', '2']
    const { code, stderr, ids, millis } = await runRecording(directory, args, 'http://127.0.0.1:9')
    expect(code).toBe(0)
    expect(stderr).toMatch(/^assay: The RPC endpoint gives no usable answer\..*\n$/)
    expect(millis).toBeLessThan(3_000)
    hinder = () => 'pass'
    expect((await nextRun(directory, ids)).sort()).toEqual(ids.sort())
  })
})

test.each([
  ['process.exit()', 'exit', 3],
  ['SIGTERM', 'signal', null],
  ['an uncaught exception', 'throw', 1],
])('behavior: %s loses nothing that was acknowledged', async (_, how, expected) => {
  hinder = () => 'pass'
  const directory = await session.directory()
  const { code, ids } = await runRecording(directory, [how, '50'])
  expect(code).toBe(expected)
  expect(ids).toHaveLength(50)
  expect((await nextRun(directory, ids)).sort()).toEqual(ids.sort())
  expect(await nextRun(directory, [])).toEqual([])
})
