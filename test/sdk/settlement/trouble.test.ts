/** Endpoints that fail in turns, fees that rise, nonces that others take: everything is settled exactly once. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { direct, type RecorderOptions, urlsOf, verifyReceipt } from '@assay/sdk'
import type { TransactionEvent } from '@assay/sdk/transactions'
import { createWalletClient, http, parseGwei, walletActions } from 'viem'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Session, startSession } from '../support/session.ts'

let session: Session
const stops: (() => void)[] = []
beforeAll(async () => {
  session = await startSession()
})
afterAll(async () => {
  for (const stop of stops) stop()
  await session.stop()
})

type Answer = (method: string, pass: () => Promise<string>) => Promise<string> | string

/** An endpoint before the real one, which answers as it is told at the time. */
async function endpoint(answer: Answer) {
  const state = { answer, asked: 0 }
  const server = createServer((request, response) => {
    void (async () => {
      state.asked++
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      const pass = async () => (await fetch(session.chain.rpcUrl, { method: 'POST', body })).text()
      const { method } = JSON.parse(body.toString()) as { method: string }
      try {
        response.end(await state.answer(method, pass))
      } catch {
        response.destroy()
      }
    })()
  })
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up))
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return Object.assign(state, { url: `http://127.0.0.1:${port}` })
}

const sound: Answer = (_, pass) => pass()
const down: Answer = () => Promise.reject(new Error('down'))
const garbage: Answer = () => '<html>502 Bad Gateway</html>'
const nothing: Answer = () => '{"jsonrpc":"2.0","id":1,"result":null}'

async function settleOne(options: RecorderOptions) {
  const { chain, policy } = session
  const recorder = await session.recorder({ onError: () => undefined, ...options })
  const recorded = await recorder.record({ request: 'q', response: 'a' })
  const receipt = await recorder.waitForSettlement(recorded!, { timeoutMillis: 50_000 })
  const report = await verifyReceipt(receipt, { policy, client: chain.client })
  await recorder.shutdown()
  return { receipt, report }
}

describe('endpoints', () => {
  test('behavior: the next one is asked where one is down, or answers garbage', async () => {
    const broken = [await endpoint(down), await endpoint(garbage)]
    const urls = [...broken.map(({ url }) => url), session.chain.rpcUrl]
    expect((await settleOne({ rpcUrl: urls })).report.status).toBe('verified')
    expect((await settleOne({ rpcUrl: urls.join(',') })).report.status).toBe('verified')
    for (const { asked } of broken) expect(asked).toBeGreaterThan(2)
  })

  test('behavior: each request failing in turns, in each way: settled once', async () => {
    const before = await endpoint(sound)
    let turn = 0
    before.answer = (method, pass) => {
      const ways = [sound, down, sound, garbage, sound, sound, nothing]
      return ways[turn++ % ways.length]!(method, pass)
    }
    const { report } = await settleOne({
      rpcUrl: before.url,
      scheduledDelayMillis: 20,
      finalityPollMillis: 100,
    })
    expect(report.status).toBe('verified')
  }, 60_000)

  test('behavior: a transaction that was sent, and of which the endpoint says it was not: settled once', async () => {
    const before = await endpoint(async (method, pass) => {
      const answer = await pass()
      if (method !== 'eth_sendRawTransaction') return answer
      before.answer = sound
      throw new Error('cut')
    })
    const { address } = session.sessionAccount
    const sent = () => session.chain.client.getTransactionCount({ address })
    const had = await sent()
    const { report } = await settleOne({ rpcUrl: before.url })
    expect(report.status).toBe('verified')
    expect((await sent()) - had).toBe(1)
  })

  test('error: ChainMismatchError if one of several serves another chain', async () => {
    const other = await endpoint((method, pass) =>
      method === 'eth_chainId' ? '{"jsonrpc":"2.0","id":1,"result":"0x1"}' : pass(),
    )
    const recorder = await session.recorder({
      rpcUrl: [session.chain.rpcUrl, other.url],
      onError: () => undefined,
    })
    await recorder.record({ request: 'q', response: 'a' })
    await expect(recorder.flush()).rejects.toThrow('serves chain 1')
  })

  test('error: InvalidConfigError that does not show the URL', () => {
    for (const bad of ['', 'ftp://key@a', 'http://a,', 'https://a, b', []]) {
      expect(() => urlsOf(bad, 'rpcUrl')).toThrow(/`rpcUrl` (?:must be|is missing)/)
    }
    expect(urlsOf(' http://a , https://b/key', 'rpcUrl')).toEqual(['http://a', 'https://b/key'])
  })
})

describe('transactions', () => {
  /** While it runs, blocks come only when asked for. */
  async function withoutMining(run: () => Promise<void>) {
    const { client } = session.chain
    await client.setAutomine(false)
    try {
      await run()
    } finally {
      await client.setAutomine(true)
      await client.mine({ blocks: 1 })
    }
  }

  function way(events: TransactionEvent[], options: object = {}) {
    const { rpcUrl, chainId } = session.chain
    return direct({
      ...{ rpcUrl, chainId, account: session.sessionAccount, timeoutMillis: 20_000 },
      onTransaction: (event) => events.push(event),
      ...options,
    })
  }

  test('behavior: fees rise ten-fold: the same transaction is sent again for more', async () => {
    const { client } = session.chain
    const events: TransactionEvent[] = []
    await withoutMining(async () => {
      const settling = settleOne({ submit: way(events, { stuckMillis: 200 }) })
      await expect.poll(() => events.some(({ type }) => type === 'sent')).toBe(true)
      const { baseFeePerGas } = await client.getBlock()
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 10n * baseFeePerGas! })
      await client.mine({ blocks: 1 })
      await expect
        .poll(
          async () => {
            await client.mine({ blocks: 1 })
            return events.map(({ type }) => type)
          },
          { interval: 300, timeout: 15_000 },
        )
        .toContain('mined')
      expect((await settling).report.status).toBe('verified')
    })
    expect(events.map(({ type }) => type)).toContain('replaced')
  }, 30_000)

  test('behavior: above the ceiling nothing is sent, and below it again it is', async () => {
    const { client } = session.chain
    const events: TransactionEvent[] = []
    const { baseFeePerGas } = await client.getBlock()
    const submit = way(events, { maxFeePerGas: baseFeePerGas! + parseGwei('2') })
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: baseFeePerGas! + parseGwei('50') })
    await client.mine({ blocks: 1 })
    const recorder = await session.recorder({ submit, onError: () => undefined })
    await recorder.record({ request: 'q', response: 'a' })
    await expect(recorder.flush()).rejects.toThrow('The fee is')
    expect(events).toEqual([])
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: baseFeePerGas! })
    await client.mine({ blocks: 1 })
    await recorder.flush()
    expect(recorder.status().pending).toBe(0)
  })

  test('behavior: a nonce that another process takes is given up, and the batch sent with the next', async () => {
    const { client, rpcUrl } = session.chain
    const events: TransactionEvent[] = []
    await withoutMining(async () => {
      const settling = settleOne({ submit: way(events) })
      await expect.poll(() => events.some(({ type }) => type === 'sent')).toBe(true)
      const [sent] = events as [TransactionEvent & { type: 'sent' }]
      // Another process replaces it, at ten times the fee.
      const other = createWalletClient({
        account: session.sessionAccount,
        chain: hardhat,
        transport: http(rpcUrl),
      }).extend(walletActions)
      await other.sendTransaction({
        ...{ to: session.owner, value: 1n, nonce: sent.nonce },
        maxFeePerGas: 10n * BigInt(sent.maxFeePerGas),
        maxPriorityFeePerGas: 10n * BigInt(sent.maxFeePerGas),
      })
      await client.mine({ blocks: 1 })
      await expect
        .poll(() => events.filter(({ type }) => type === 'sent').length, { timeout: 15_000 })
        .toBe(2)
      await client.mine({ blocks: 1 })
      expect((await settling).report.status).toBe('verified')
    })
    expect(events.map(({ type }) => type)).toEqual(['sent', 'displaced', 'sent', 'mined'])
  }, 30_000)

  test('behavior: eight that settle at once by one key: each batch once', async () => {
    const { address } = session.sessionAccount
    const sent = () => session.chain.client.getTransactionCount({ address })
    const had = await sent()
    const all = await Promise.all(Array.from({ length: 8 }, () => settleOne({ submit: way([]) })))
    expect(all.map(({ report }) => report.status)).toEqual(Array(8).fill('verified'))
    expect((await sent()) - had).toBe(8)
  }, 30_000)
})
