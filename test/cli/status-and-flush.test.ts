import { readdir } from 'node:fs/promises'
import { createRecorder, fileJournal, relay } from '@assay/sdk'
import { bytesToHex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { type Session, startSession } from '../sdk/support/session.ts'
import { assay } from './support/assay.ts'

let at: Session
beforeAll(async () => {
  at = await startSession()
})
afterAll(() => at.stop())

/** Of a funded account. */
const keyOf = (index: number) => bytesToHex(accountOf(index).getHdKey().privateKey as Uint8Array)
const nobody = 'http://127.0.0.1:1'
const environment = (directory: string) => ({
  ASSAY_RPC_URL: at.chain.rpcUrl,
  ASSAY_CHAIN_ID: String(at.chain.chainId),
  ASSAY_INFERENCE_LOG: at.chain.addresses.inferenceLog,
  ASSAY_OWNER: at.owner,
  ASSAY_SESSION_KEY: at.sessionKey,
  ASSAY_JOURNAL: directory,
})
const optionsFor = (directory: string) => ({
  chainId: at.chain.chainId,
  rpcUrl: at.chain.rpcUrl,
  inferenceLog: at.chain.addresses.inferenceLog,
  owner: at.owner,
  sessionKey: at.sessionKey,
  journal: fileJournal({ directory }),
})

/** Leaves inferences in a journal, as a process does whose chain was out of reach to its end. */
async function leave(directory: string, count: number, sessionKey = at.sessionKey): Promise<void> {
  const recorder = createRecorder({
    ...optionsFor(directory),
    sessionKey,
    submit: () => Promise.reject(new Error('out of reach')),
    exportTimeoutMillis: 200,
    onError: () => undefined,
  })
  for (let n = 0; n < count; n++) await recorder.record({ request: `q${n}`, response: 'a' })
  await recorder.shutdown()
}

type Status = {
  key: { state: { expiresAt: number } } | null
  journals: {
    pending: string
    recorded: string
    settled: string
    head: string
    holder: { pid: number; isAlive: boolean } | null
    lastError: { since: string; error: string } | null
    spent: { transactions: number; gas: string; cost: string; unknown: number }
  }[]
  unread: unknown[]
}

async function statusOf(directory: string, ...args: string[]): Promise<Status> {
  const { code, stdout } = await assay(['status', '--json', ...args], {
    env: environment(directory),
  })
  expect(code).toBe(0)
  return JSON.parse(stdout) as Status
}

describe('status', () => {
  test('default: what is recorded and settled, by whom it is held, and what it cost', async () => {
    const directory = await at.directory()
    const recorder = await at.recorder({ journal: fileJournal({ directory }) })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const receipt = await recorder.receiptOf(recorded)
    const hash = receipt?.hints.transactionHash as `0x${string}`
    const { gasUsed, effectiveGasPrice } = await at.chain.client.getTransactionReceipt({ hash })
    const { journals, key } = await statusOf(directory)
    expect(journals).toMatchObject([
      {
        recorded: '1',
        settled: '1',
        pending: '0',
        head: '1',
        holder: { pid: process.pid, isAlive: true },
        spent: {
          transactions: 1,
          gas: String(gasUsed),
          cost: String(gasUsed * effectiveGasPrice),
          unknown: 0,
        },
      },
    ])
    expect(key?.state.expiresAt).toBe(4_102_444_800)
    await recorder.shutdown()
    const { stdout } = await assay(['status'], { env: environment(directory) })
    expect(stdout).toMatch(/settled +1\n/)
    expect(stdout).toMatch(/held by +nobody\n/)
    expect(stdout).toMatch(/authorized until 2100-01-01T00:00:00Z/)
  })

  test('behavior: nothing recorded, nobody asked, a chain out of reach', async () => {
    const directory = await at.directory()
    const empty = await statusOf(directory)
    expect(empty.journals).toEqual([])
    await leave(directory, 2)
    const env = { ...environment(directory), ASSAY_RPC_URL: nobody }
    const offline = await assay(['status', '--offline', '--json'], { env })
    const [journal] = (JSON.parse(offline.stdout) as Status).journals
    expect(journal).toMatchObject({ pending: '2', holder: null })
    expect(journal).not.toHaveProperty('spent')
    expect(journal?.lastError?.error).toBe('Error: out of reach')
    const shown = await assay(['status', '--offline'], { env })
    expect(shown.stdout).toMatch(/last error +Error: out of reach \(since 20/)
    const { code, stdout } = await assay(['status', '--json'], { env })
    expect([code, stdout]).toEqual([3, expect.stringContaining('RpcUnreachableError')])
  })
})

describe('flush', () => {
  const flush = (directory: string, args: string[] = [], more = {}) =>
    assay(['flush', ...args], { env: { ...environment(directory), ...more } })

  test('default: settles what ended processes left, in every journal, once', async () => {
    const directory = await at.directory()
    // The second finds the first one's journal held, and begins its own.
    await Promise.all([leave(directory, 3), leave(directory, 2)])
    const before = (await readdir(directory)).length
    const ended = await flush(directory, ['--json'])
    expect([ended.code, JSON.parse(ended.stdout)]).toEqual([
      0,
      { settled: '5', left: '0', held: '0', ofOtherKeys: '0', error: null },
    ])
    const { journals } = await statusOf(directory)
    expect(
      journals.every(({ pending, head, settled }) => pending === '0' && head === settled),
    ).toBe(true)
    expect(journals.map(({ lastError }) => lastError)).toEqual(journals.map(() => null))
    const again = await flush(directory)
    expect([again.code, again.stdout]).toEqual([0, '0 inferences settled, 0 left.\n'])
    expect((await readdir(directory)).length).toBe(before)
  })

  test('behavior: what another key or a running process has is named, and left', async () => {
    const directory = await at.directory()
    await leave(directory, 1, generatePrivateKey())
    const running = await at.recorder({
      journal: fileJournal({ directory }),
      submit: relay('http://127.0.0.1:1', { rpcUrl: at.chain.rpcUrl, onError: () => undefined }),
      exportTimeoutMillis: 200,
      onError: () => undefined,
    })
    await running.record({ request: 'q', response: 'a' })
    const { code, stdout } = await flush(directory, ['--json'])
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { held: '1', ofOtherKeys: '1' }])
    await running.shutdown()
  })

  test('behavior: the owner settles in the place of a key that is lost', async () => {
    const directory = await at.directory()
    const lost = generatePrivateKey()
    await leave(directory, 2, lost)
    const args = ['--in-place-of', privateKeyToAddress(lost), '--json']
    const env = { ASSAY_SESSION_KEY: '', ASSAY_OWNER_KEY: keyOf(1) }
    const ended = await flush(directory, args, env)
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([0, { settled: '2', left: '0' }])
    const other = await flush(directory, args, { ...env, ASSAY_OWNER_KEY: keyOf(2) })
    expect([other.code, other.stdout]).toEqual([3, expect.stringContaining('but the owner is')])
  })

  test('error: what stops it is said; the time it may take is kept', async () => {
    const directory = await at.directory()
    await leave(directory, 1)
    const poor = generatePrivateKey()
    await leave(directory, 1, poor)
    const refused = await flush(directory, ['--timeout', '20'], { ASSAY_SESSION_KEY: poor })
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('0 inferences settled, 1 left.')
    expect(refused.stderr).toContain('has not authorized the session key')
    const late = await flush(directory, ['--timeout', '5', '--json', '--relay', nobody])
    expect(late.code).toBe(1)
    expect(JSON.parse(late.stdout)).toMatchObject({
      left: '1',
      error: { code: 'RelayUnreachableError' },
    })
    const none = await flush(directory, [], { ASSAY_SESSION_KEY: '' })
    expect(none.code).toBe(3)
  })
})
