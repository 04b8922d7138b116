import { createInterface } from 'node:readline'
import { createRecorder, fileJournal } from '@assay/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Session, startSession } from '../sdk/support/session.ts'
import { assay, startAssay } from './support/assay.ts'
import { startHostileServer } from './support/hostile-server.ts'

let at: Session
beforeAll(async () => {
  at = await startSession()
})
afterAll(() => at.stop())

const environment = () => ({
  ASSAY_RPC_URL: at.chain.rpcUrl,
  ASSAY_INFERENCE_LOG: at.chain.addresses.inferenceLog,
  ASSAY_OWNER: at.owner,
})

type Told = { event: string; first?: string; count?: number; pending?: string; recorded?: string }

test('default: follows a recorder, its journal and the chain, a JSON line each', async () => {
  const directory = await at.directory()
  const recorder = await at.recorder({ journal: fileJournal({ directory }) })
  await recorder.flush()
  const env = { ...environment(), ASSAY_JOURNAL: directory }
  const child = startAssay(['watch', '--interval', '0.1', '--count', '2', '--json'], { env })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const told: Told[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(JSON.parse(line) as Told)
    const settled = told.filter(({ event }) => event === 'settled').length
    // It looks: each inference waits until the one before was seen.
    if (told.length === 1 || (settled === 1 && told.at(-1)?.event === 'settled')) {
      await recorder.record({ request: 'q', response: 'a' })
      await recorder.flush()
    }
  }
  expect(await ended).toBe(0)
  expect(told[0]).toMatchObject({ event: 'journal', recorded: '0' })
  const onChain = told.filter(({ event }) => event !== 'journal')
  expect(onChain).toMatchObject([
    { event: 'opened' },
    { event: 'settled', first: '0', count: 1, mode: 'inline', signedByKey: true },
    { event: 'settled', first: '1', count: 1 },
  ])
})

test('behavior: from a block on, of this owner alone, in words', async () => {
  const [mine, other] = [await at.newKey(4_102_444_800), await at.newKey()]
  const from = await at.chain.client.getBlockNumber()
  const where = { chainId: at.chain.chainId, rpcUrl: at.chain.rpcUrl }
  const { inferenceLog } = at.chain.addresses
  const stranger = privateKeyToAccount(other)
  const { address } = stranger
  await at.chain.mined(await at.chain.as(stranger).log.write.authorize([address, 4_102_444_800]))
  for (const [owner, sessionKey] of [
    [address, other],
    [at.owner, mine],
  ] as const) {
    const journal = fileJournal({ directory: await at.directory() })
    const recorder = createRecorder({ ...where, inferenceLog, owner, sessionKey, journal })
    await recorder.record({ request: 'q', response: 'a' })
    await recorder.shutdown()
  }
  const args = ['watch', '--from', String(from), '--count', '1']
  const { code, stdout } = await assay(args, {
    env: { ...environment(), ASSAY_JOURNAL: await at.directory() },
  })
  expect(code).toBe(0)
  expect(stdout.trim().split('\n')).toMatchObject([
    expect.stringMatching(/^opened {3}0x[0-9a-f]{8}… by the session key 0x/),
    expect.stringMatching(/^settled {2}0x[0-9a-f]{8}… 0, inline · block \d+ · 0x[0-9a-f]{64}$/),
  ])
})

test('behavior: an endpoint that fails meanwhile is asked again', async () => {
  let asked = 0
  const result = (value: unknown) => JSON.stringify({ jsonrpc: '2.0', id: 1, result: value })
  const server = await startHostileServer({
    '/': (response) => {
      asked++
      response.setHeader('content-type', 'application/json')
      // The chain's id, the first block; then it is broken.
      if (asked === 1) response.end(result('0x7a69'))
      else if (asked === 2) response.end(result('0x1'))
      else response.writeHead(500).end()
    },
  })
  const env = { ...environment(), ASSAY_RPC_URL: server.origin }
  const child = startAssay(['watch', '--interval', '0.1'], { env })
  for await (const line of createInterface({ input: child.stderr })) {
    expect(line).toContain('it is asked again')
    if (asked > 6) break
  }
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
  child.kill('SIGINT')
  expect(await ended).toBe('SIGINT')
  await server.stop()
})

test('error: UsageError', async () => {
  const refused = ['--count', '--from', '--interval', '--log'].map(async (option) => {
    const { code, stderr } = await assay(['watch', option, 'x'], { env: environment() })
    expect([code, stderr]).toEqual([3, expect.stringContaining(option)])
  })
  await Promise.all(refused)
})
