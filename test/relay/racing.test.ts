import { relay } from '@assay/sdk'
import { inferenceLogAbi } from '@assay/sdk/abi'
import { toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { type RunningRelay, type Stage, startStage } from './support/relayed.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

const pending = () => stage.chain.client.getBlockTransactionCount({ blockTag: 'pending' })
const hashOf = (relayed: RunningRelay, type: 'sent' | 'replaced' | 'mined') =>
  relayed.events.flatMap((event) => (event.type === type ? [event] : []))

/** Runs while nothing is mined but by hand. */
async function minedByHand(run: () => Promise<void>): Promise<void> {
  await stage.chain.client.setAutomine(false)
  try {
    await run()
  } finally {
    await stage.chain.client.setAutomine(true)
    await stage.chain.client.mine({ blocks: 1 })
  }
}

test('default: two relays and a front-runner race for one batch: it is settled once, and each says so', async () => {
  const relays = await Promise.all([stage.relay(), stage.relay()])
  const party = await stage.authorizedParty()
  const log = stage.newLog(party)
  const signed = await log.batch(0n, 5)
  const { place, batch, signature } = signed
  const from = await stage.chain.client.getBlockNumber()
  let answers: Promise<{ transactionHash: string | undefined }>[] = []
  await minedByHand(async () => {
    answers = relays.map(({ url }) =>
      relay(url, { rpcUrl: stage.chain.rpcUrl, timeoutMillis: 20_000 })(signed),
    )
    await expect.poll(pending, { timeout: 10_000 }).toBe(2)
    // It copies what it saw, and pays more to be first.
    const thief = stage.walletOf(accountOf(7))
    await thief.writeContract({
      address: stage.inferenceLog,
      abi: inferenceLogAbi,
      functionName: 'settleInlineBySig',
      args: [place, batch.first, batch.count, batch.root, toHex(batch.data), signature],
      gas: 1_000_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 11n,
    })
    await stage.chain.client.mine({ blocks: 1 })
  })
  const [a, b] = await Promise.all(answers)
  expect(a?.transactionHash).toMatch(/^0x/)
  expect(b).toEqual(a)
  const events = await stage.chain.client.getLogs({
    address: stage.inferenceLog,
    fromBlock: from,
  })
  expect(events.filter(({ topics }) => topics.some((it) => it === batch.root))).toHaveLength(1)
  // Nobody is blocked: the next one goes on, by either.
  for (const [i, { url }] of relays.entries()) {
    const body = stage.bodyOf([await log.batch(5n + BigInt(i), 1)])
    const { json } = await stage.post(url, '/v1/settlements', body, { prefer: 'wait=10' })
    expect(json.settlements[0].status).toBe('settled')
  }
})

describe('the account', () => {
  test('behavior: a nonce that another process takes is no obstacle', async () => {
    const account = await stage.payer()
    const { url } = await stage.relay({}, { account })
    const party = await stage.authorizedParty()
    const other = stage.walletOf(account)
    const sends: Promise<unknown>[] = []
    const answers = Array.from({ length: 6 }, async (_, i) => {
      const body = stage.bodyOf([await stage.newLog(party).batch(0n, 1 + i)])
      if (i % 2)
        sends.push(other.sendTransaction({ to: account.address, value: 0n }).catch(() => 0))
      return stage.post(url, '/v1/settlements', body, { prefer: 'wait=20' })
    })
    for (const { json } of await Promise.all(answers)) {
      expect(json.settlements[0].status).toBe('settled')
    }
    await Promise.all(sends)
  })

  test('behavior: two relays with one account settle everything', async () => {
    const account = await stage.payer()
    const relays = [await stage.relay({}, { account }), await stage.relay({}, { account })]
    const party = await stage.authorizedParty()
    const answers = Array.from({ length: 10 }, async (_, i) => {
      const body = stage.bodyOf([await stage.newLog(party).batch(0n, 1)])
      const { url } = relays[i % 2] as RunningRelay
      return stage.post(url, '/v1/settlements', body, { prefer: 'wait=20' })
    })
    for (const { json } of await Promise.all(answers)) {
      expect(json.settlements[0].status).toBe('settled')
    }
  })

  test('behavior: a transaction that is displaced from its nonce is sent again', async () => {
    const account = await stage.payer()
    const relayed = await stage.relay({}, { account })
    const log = stage.newLog(await stage.authorizedParty())
    const body = stage.bodyOf([await log.batch(0n, 2)])
    let answer: ReturnType<Stage['post']> | undefined
    await minedByHand(async () => {
      answer = stage.post(relayed.url, '/v1/settlements', body, { prefer: 'wait=20' })
      await expect.poll(pending, { timeout: 10_000 }).toBe(1)
      const nonce = hashOf(relayed, 'sent')[0]?.nonce as number
      await stage.walletOf(account).sendTransaction({
        ...{ to: account.address, nonce, gas: 21_000n },
        ...{ maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 11n },
      })
      await stage.chain.client.mine({ blocks: 1 })
    })
    expect((await answer)?.json.settlements[0].status).toBe('settled')
    expect(relayed.events.map(({ type }) => type)).toContain('displaced')
  })

  test('behavior: a nonce before its own that nobody uses any more is used up', async () => {
    const account = await stage.payer()
    const log = stage.newLog(await stage.authorizedParty())
    const body = stage.bodyOf([await log.batch(0n, 2)])
    const relayed = await stage.relay({ stuckMillis: 300 }, { account })
    await minedByHand(async () => {
      const { client } = stage.chain
      const wallet = stage.walletOf(account)
      const hash = await wallet.sendTransaction({ to: account.address, gas: 21_000n, nonce: 0 })
      const answer = stage.post(relayed.url, '/v1/settlements', body, { prefer: 'wait=20' })
      await expect.poll(pending, { timeout: 10_000 }).toBe(2)
      await client.dropTransaction({ hash })
      const mine = setInterval(() => void client.mine({ blocks: 1 }), 200)
      expect((await answer).json.settlements[0].status).toBe('settled')
      clearInterval(mine)
      expect(hashOf(relayed, 'sent')[0]?.nonce).toBe(1)
      expect(await client.getTransactionCount({ address: account.address })).toBe(2)
    })
  }, 60_000)
})

describe('fees', () => {
  test('behavior: a stuck transaction is replaced for an eighth more, by the same nonce', async () => {
    const relayed = await stage.relay({ stuckMillis: 300 })
    const log = stage.newLog(await stage.authorizedParty())
    const body = stage.bodyOf([await log.batch(0n, 2)])
    await minedByHand(async () => {
      const answer = await stage.post(relayed.url, '/v1/settlements', body)
      const { transactionHash } = answer.json.settlements[0]
      await expect
        .poll(() => hashOf(relayed, 'replaced').length, { timeout: 10_000 })
        .toBeGreaterThan(0)
      const state = await fetch(`${relayed.url}/v1/transactions/${transactionHash}`)
      expect(await state.json()).toMatchObject({
        status: 'pending',
        replacedBy: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      })
      expect(await pending()).toBe(1)
      await stage.chain.client.mine({ blocks: 1 })
    })
    const [sent] = hashOf(relayed, 'sent') as { nonce: number; maxFeePerGas: string }[]
    const [replaced] = hashOf(relayed, 'replaced') as { nonce: number; maxFeePerGas: string }[]
    expect(replaced?.nonce).toBe(sent?.nonce)
    const [before, after] = [sent, replaced].map((it) => BigInt(it?.maxFeePerGas ?? 0))
    expect((after as bigint) * 8n).toBeGreaterThanOrEqual((before as bigint) * 9n)
    await expect.poll(() => hashOf(relayed, 'mined').length).toBe(1)
    const found = await stage.settlement(log.logId, body.batches[0]?.root as `0x${string}`)
    expect(found.settledAt).toBeGreaterThan(0n)
  })

  test('behavior: never above the ceiling, whatever the fee does; later it settles', async () => {
    const { client } = stage.chain
    const { baseFeePerGas } = await client.getBlock()
    const ceiling = (baseFeePerGas ?? 0n) + 3n * 10n ** 9n
    const relayed = await stage.relay({ stuckMillis: 200, maxFeePerGas: ceiling })
    const party = await stage.authorizedParty()
    const body = stage.bodyOf([await stage.newLog(party).batch(0n, 2)])
    await minedByHand(async () => {
      await stage.post(relayed.url, '/v1/settlements', body)
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 10n ** 11n })
      await client.mine({ blocks: 1 })
      await expect
        .poll(() => relayed.events.map(({ type }) => type), { timeout: 10_000 })
        .toContain('at-ceiling')
      const other = await stage.newLog(party).batch(0n, 1)
      const refused = await stage.post(relayed.url, '/v1/settlements', stage.bodyOf([other]))
      expect(refused).toMatchObject({
        status: 503,
        retryAfter: '60',
        json: { code: 'fee-above-ceiling' },
      })
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 10n ** 8n })
      await client.mine({ blocks: 1 })
    })
    const fees = [...hashOf(relayed, 'sent'), ...hashOf(relayed, 'replaced')] as {
      maxFeePerGas: string
    }[]
    for (const { maxFeePerGas } of fees) expect(BigInt(maxFeePerGas)).toBeLessThanOrEqual(ceiling)
    await expect.poll(() => hashOf(relayed, 'mined').length, { timeout: 10_000 }).toBe(1)
  })
})
