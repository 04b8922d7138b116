/** The chain's endpoint is down, slow, or answers garbage: the relay refuses with a reason, and works again afterwards. */
import { createRelay } from '@assay/relay'
import { custom, fallback, http, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { type Stage, startStage } from './support/relayed.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

type Alter = (method: string, pass: () => Promise<unknown>) => unknown

/** A relay whose endpoint answers as it is told at the time. */
async function relayBehind(policy: object = {}) {
  const endpoint: { alter: Alter } = { alter: (_, pass) => pass() }
  const transport = custom(
    {
      async request({ method, params }: { method: string; params: unknown }) {
        return endpoint.alter(method, () => stage.chain.client.request({ method, params } as never))
      },
    },
    { retryCount: 0 },
  )
  return { endpoint, relayed: await stage.relay(policy, { transport }) }
}

async function freshBody() {
  return stage.bodyOf([await stage.newLog(await stage.authorizedParty()).batch(0n, 2)])
}

const down: Alter = () => Promise.reject(new Error('connection refused'))

test('error: chain-unreachable or internal while each single request fails, then it works again', async () => {
  const { endpoint, relayed } = await relayBehind()
  await relayed.ready()
  const methods = new Set<string>()
  endpoint.alter = (method, pass) => {
    methods.add(method)
    return pass()
  }
  await stage.post(relayed.url, '/v1/settlements', await freshBody(), { prefer: 'wait=10' })
  expect([...methods]).toEqual(
    expect.arrayContaining(['eth_call', 'eth_estimateGas', 'eth_sendRawTransaction']),
  )
  for (const failing of methods) {
    const body = await freshBody()
    for (const alter of [down, () => 'garbage', () => null, () => ({}), () => '0x']) {
      endpoint.alter = (method, pass) => (method === failing ? alter(method, pass) : pass())
      const answer = await stage.post(relayed.url, '/v1/settlements', body)
      const shown = `${failing} ${JSON.stringify(answer.json)}`
      // Either it needs that answer, and refuses, or it goes on without.
      expect([200, 409, 422, 500, 503], shown).toContain(answer.status)
      if (answer.status !== 200) expect(answer.json.code, shown).toEqual(expect.any(String))
    }
    endpoint.alter = (_, pass) => pass()
    const { json } = await stage.post(relayed.url, '/v1/settlements', body, { prefer: 'wait=20' })
    expect(json, failing).toMatchObject({ settlements: [{ status: 'settled' }] })
  }
}, 120_000)

test('error: chain-unreachable from the start; nothing is paid before the spending is known', async () => {
  const { endpoint, relayed } = await relayBehind()
  endpoint.alter = down
  const body = await freshBody()
  const first = await stage.post(relayed.url, '/v1/settlements', body)
  expect(first).toMatchObject({
    status: 503,
    retryAfter: '5',
    json: { code: 'chain-unreachable' },
  })
  expect((await fetch(`${relayed.url}/v1/status`)).status).toBe(200)
  endpoint.alter = (method, pass) => (method === 'eth_getLogs' ? new Promise(() => {}) : pass())
  const second = await stage.post(relayed.url, '/v1/settlements', body)
  expect(second).toMatchObject({ status: 503, json: { code: 'starting' } })
  expect(relayed.events.some(({ type }) => type === 'sent')).toBe(false)
})

test('error: wrong-chain where the endpoint serves another one', async () => {
  const { endpoint, relayed } = await relayBehind()
  endpoint.alter = (method, pass) => (method === 'eth_chainId' ? '0x1' : pass())
  expect(await stage.post(relayed.url, '/v1/settlements', await freshBody())).toMatchObject({
    status: 422,
    json: { code: 'wrong-chain' },
  })
})

test('behavior: a slow endpoint holds up no other request for what needs none', async () => {
  const { endpoint, relayed } = await relayBehind({ maxRequests: 2 })
  await relayed.ready()
  endpoint.alter = async (_, pass) => {
    await new Promise((later) => setTimeout(later, 400))
    return pass()
  }
  const body = await freshBody()
  const slow = [0, 1].map(() => stage.post(relayed.url, '/v1/settlements', body))
  await new Promise((later) => setTimeout(later, 50))
  const begin = performance.now()
  expect((await fetch(`${relayed.url}/health`)).status).toBe(200)
  const busy = await stage.post(relayed.url, '/v1/settlements', body)
  expect(busy).toMatchObject({ status: 503, retryAfter: '1', json: { code: 'busy' } })
  expect(performance.now() - begin).toBeLessThan(350)
  for (const { status } of await Promise.all(slow)) expect(status).toBe(200)
}, 60_000)

test('behavior: a second endpoint stands in for the first', async () => {
  const relayed = await stage.relay(
    {},
    {
      transport: fallback([
        http('http://127.0.0.1:9', { retryCount: 0 }),
        http(stage.chain.rpcUrl, { retryCount: 0 }),
      ]),
    },
  )
  const answer = await stage.post(relayed.url, '/v1/settlements', await freshBody(), {
    prefer: 'wait=10',
  })
  expect(answer.json.settlements[0].status).toBe('settled')
})

test('behavior: an answer to sending that is lost is no second transaction', async () => {
  const { endpoint, relayed } = await relayBehind({ stuckMillis: 400 })
  await relayed.ready()
  const sent: unknown[] = []
  endpoint.alter = async (method, pass) => {
    if (method !== 'eth_sendRawTransaction') return pass()
    sent.push(await pass())
    if (sent.length === 1) throw new Error('socket hang up')
    return sent.at(-1)
  }
  const body = await freshBody()
  const answer = await stage.post(relayed.url, '/v1/settlements', body, { prefer: 'wait=20' })
  expect(answer.json.settlements[0].status).toBe('settled')
  expect(sent).toHaveLength(1)
})

test('error: RelaySettingsError', () => {
  const { chain } = stage
  const options = {
    transport: http(chain.rpcUrl),
    chainId: 424242,
    account: accountOf(3) as never,
    policy: { accounts: 'anyone' as const },
  }
  expect(() => createRelay(options)).toThrow('no deployment on chain 424242')
  const contracts = chain.addresses
  for (const policy of [{ ratePerAccount: -1 }, { maxGas: -1n }, { pollMillis: 1.5 }]) {
    const all = { ...options, contracts, policy: { ...options.policy, ...policy } }
    expect(() => createRelay(all)).toThrow('must be a whole number from 0')
  }
  const accounts = [zeroHash] as never
  expect(() => createRelay({ ...options, contracts, policy: { accounts } })).toThrow('no address')
})
