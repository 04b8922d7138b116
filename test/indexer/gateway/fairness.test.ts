import { Agent } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { clientOf, networkOf } from '../../../indexer/gateway/limits/client-address.ts'
import { createRate } from '../../../indexer/gateway/limits/rate.ts'
import { createTurns } from '../../../indexer/gateway/limits/turns.ts'
import { Refusal } from '../../../indexer/gateway/refusal.ts'
import { askFrom } from './support/ask-from.ts'
import { startUpstream } from './support/fake-upstream.ts'
import { startGateway } from './support/start-gateway.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function world(options: Parameters<typeof startGateway>[1], millis = 0) {
  const upstream = await startUpstream(
    (_, response) => void setTimeout(() => response.end('{}'), millis),
  )
  const gateway = await startGateway([{ url: upstream.url, role: 'reader' }], options)
  stops.push(() => upstream.kill(), gateway.stop)
  return { upstream, gateway }
}

describe('a client', () => {
  test('default: an address of IPv4, a /64 of IPv6, in whatever way it is written', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7')
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
    const same = [
      '2001:db8:0:1::1',
      '2001:0DB8:0000:0001:ffff:ffff:ffff:ffff',
      '2001:db8::1:0:0:0:9%eth0',
    ]
    for (const text of same) expect(networkOf(text)).toBe('2001:db8:0:1::/64')
    expect(networkOf('2001:db8:0:2::1')).toBe('2001:db8:0:2::/64')
    expect(networkOf('::')).toBe('0:0:0:0::/64')
    for (const text of ['', 'x', '1.2.3', '1.2.3.4.5', '::g', 'localhost']) {
      expect([text, networkOf(text)]).toEqual([text, undefined])
    }
  })

  test('behavior: behind proxies, the address that the outermost of them saw', () => {
    expect(clientOf('10.0.0.1', '203.0.113.9', 0)).toBe('10.0.0.1')
    expect(clientOf('10.0.0.1', 'spoofed, 198.51.100.4, 203.0.113.9', 1)).toBe('203.0.113.9')
    expect(clientOf('10.0.0.1', '1.1.1.1, 198.51.100.4, 10.0.0.2', 2)).toBe('198.51.100.4')
    expect(clientOf('10.0.0.1', '203.0.113.9:4711', 1)).toBe('203.0.113.9')
    expect(clientOf('10.0.0.1', '[2001:db8::1]:4711', 1)).toBe('2001:db8:0:0::/64')
    // What is no address can't be who asks: that is the proxy then.
    for (const said of ['unknown', '', ',', '<script>', '1.1.1.1,']) {
      expect([said, clientOf('10.0.0.1', said, 1)]).toEqual([said, '10.0.0.1'])
    }
  })
})

describe('requests in a minute', () => {
  test('default: a full bucket at once, then one as often as it fills', () => {
    let time = 1_000_000
    const rate = createRate(60, { now: () => time })
    for (let i = 60; i > 0; i--)
      expect(rate.take('a')).toMatchObject({ allowed: true, remaining: i - 1 })
    expect(rate.take('a')).toEqual({ allowed: false, remaining: 0, wait: 0, millis: 1_000 })
    expect(rate.take('b', 10)).toMatchObject({ allowed: true, remaining: 50, millis: 10_000 })
    time += 3_000
    expect(rate.take('a', 3).allowed).toBe(true)
    expect(rate.take('a').allowed).toBe(false)
    // What costs more than a minute has needs a full bucket, and can be asked for.
    expect(rate.take('c', 1_000).allowed).toBe(true)
  })

  test('behavior: who has patience waits for its place, and takes it from nobody else', () => {
    let time = 1_000_000
    const rate = createRate(60, { patienceMillis: 2_500, now: () => time })
    rate.take('a', 60)
    expect([1, 2, 3].map(() => rate.take('a'))).toMatchObject([
      { allowed: true, wait: 1_000, remaining: 0 },
      { allowed: true, wait: 2_000, remaining: 0 },
      { allowed: false, wait: 0, millis: 3_000 },
    ])
    expect(rate.take('b')).toMatchObject({ allowed: true, wait: 0 })
    // What was refused is not counted.
    time += 1_000
    expect(rate.take('a')).toMatchObject({ allowed: true, wait: 2_000 })
  })

  test('behavior: a thirtieth of a minute at once, then evenly: slowed down and not refused', async () => {
    const { gateway } = await world({ settings: { rateLimit: 1_200 } })
    const begin = performance.now()
    const answers = await Promise.all(Array.from({ length: 60 }, () => gateway.get('/inferences')))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"client";q=40;w=2')
    // The last of 20 more than there are at once, of which one is let in every 50 ms.
    expect(performance.now() - begin).toBeGreaterThan(500)
  })

  test('behavior: a million addresses are forgotten, who comes again and again is not', () => {
    let time = 0
    const rate = createRate(60, { clients: 1_000, now: () => time })
    for (let i = 0; i < 60; i++) rate.take('flood')
    for (let i = 0; i < 1_000_000; i++) {
      if (i % 500 === 0) expect(rate.take('flood').allowed).toBe(false)
      rate.take(`address ${i}`)
      if (i % 500 === 0) rate.take('flood', 0)
    }
    expect(rate.size()).toBeLessThanOrEqual(1_001)
    time += 120_000
    rate.take('later')
    expect(rate.size()).toBe(1)
  })

  test('error: rate-limited, told in headers; another address is not concerned', async () => {
    const { gateway } = await world({ settings: { rateLimit: 5 } })
    for (let i = 4; i >= 0; i--) {
      const { headers, status } = await gateway.get('/inferences')
      expect([status, headers.get('ratelimit')]).toEqual([200, `"client";r=${i};t=${(5 - i) * 12}`])
    }
    const begin = performance.now()
    const refused = await gateway.get('/inferences')
    expect(refused.status).toBe(429)
    // Who asks on and on is not told so faster than this.
    expect(performance.now() - begin).toBeGreaterThan(990)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('ratelimit-policy')).toBe('"client";q=5;w=60')
    expect(await refused.json()).toMatchObject({ code: 'rate-limited', advice: expect.any(String) })
    const query = await gateway.graphql('{ models { items { name } } }')
    expect(query.status).toBe(429)
    expect((await askFrom('127.0.0.2', `${gateway.url}/inferences`)).status).toBe(200)
    // What says how it is, and to whom, is outside.
    for (const path of ['/health', '/status']) expect((await gateway.get(path)).status).toBe(200)
  })

  test('behavior: a large query counts as several, introspection too', async () => {
    const { gateway } = await world({ settings: { rateLimit: 100 } })
    const left = async (query: string) =>
      /r=(\d+)/.exec((await gateway.graphql(query)).headers.get('ratelimit')!)![1]
    expect(await left('{ models { items { name } } }')).toBe('39')
    expect(
      await left('{ models(limit: 1000) { items { inferences(limit: 8) { items { root } } } } }'),
    ).toBe('38')
    expect(await left('{ __schema { types { name } } }')).toBe('27')
  })

  test("behavior: X-Forwarded-For is nobody's word but that of a proxy that is trusted", async () => {
    const direct = await world({ settings: { rateLimit: 2 } })
    const ask = (url: string, said: string) =>
      fetch(`${url}/inferences`, { headers: { 'x-forwarded-for': said } }).then(
        ({ status }) => status,
      )
    for (const [i, status] of [200, 200, 429, 429].entries()) {
      expect(await ask(direct.gateway.url, `203.0.113.${i}`)).toBe(status)
    }
    const proxied = await world({ settings: { rateLimit: 2, trustedProxies: 1 } })
    for (const [i, status] of [200, 200, 429, 429].entries()) {
      expect(await ask(proxied.gateway.url, `203.0.113.${i}, 198.51.100.1`)).toBe(status)
    }
    expect(await ask(proxied.gateway.url, '198.51.100.1, 198.51.100.2')).toBe(200)
  })
})

describe('turns', () => {
  const few = { rowsPerSecond: 2_000, rowsAtOnce: 4_000 }

  test('default: clients by turns, whatever one of them has sent', async () => {
    const turns = createTurns(
      { ...few, perClient: 8, waitingPerClient: 100, waiting: 1_000 },
      () => 1,
    )
    const { signal } = new AbortController()
    const order: string[] = []
    const run = async (client: string) => {
      const end = await turns.take(client, signal)
      order.push(client)
      await new Promise((resolve) => setTimeout(resolve))
      end()
    }
    await Promise.all([...Array<string>(20).fill('flood'), 'a', 'b', 'a'].map(run))
    expect(order.slice(0, 6)).toEqual(['flood', 'flood', 'a', 'b', 'flood', 'a'])
    expect([turns.running(), turns.waiting()]).toEqual([0, 0])
  })

  test('behavior: no more of one than its share, also when there is room; who gives up leaves no gap', async () => {
    const turns = createTurns({ ...few, perClient: 2, waitingPerClient: 2, waiting: 3 }, () => 10)
    const { signal } = new AbortController()
    const ends = [await turns.take('a', signal), await turns.take('a', signal)]
    const leaving = new AbortController()
    const left = turns.take('a', leaving.signal)
    const waits = turns.take('a', signal)
    await expect(turns.take('a', signal)).rejects.toMatchObject({
      code: 'too-many-waiting',
      status: 429,
    })
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    expect(turns.waiting()).toBe(1)
    ends[0]!()
    ends[0]!()
    ends.push(await waits)
    expect(turns.running()).toBe(2)
    for (const client of ['b', 'c']) ends.push(await turns.take(client, signal))
    for (const end of ends) end()
    expect([turns.running(), turns.waiting()]).toEqual([0, 0])
  })

  test('behavior: who asks for much goes on at a pace while others ask, and alone as fast as it can', async () => {
    const limits = { perClient: 100, waitingPerClient: 100, waiting: 100 }
    const pace = { rowsPerSecond: 10_000, rowsAtOnce: 2_000 }
    const turns = createTurns({ ...limits, ...pace }, () => 100)
    const { signal } = new AbortController()
    const millisOf = async (client: string, requests: number, rows: number) => {
      const began = performance.now()
      const ask = async () => (await turns.take(client, signal, rows))()
      await Promise.all(Array.from({ length: requests }, ask))
      return performance.now() - began
    }
    expect(await millisOf('alone', 20, 1_000)).toBeLessThan(50)
    // Of eight thousand rows two thousand at once, and the others in six tenths of a second; with few nobody waits behind them.
    const [much, little] = await Promise.all([
      millisOf('much', 8, 1_000),
      millisOf('little', 50, 10),
    ])
    expect(little).toBeLessThan(50)
    expect(much).toBeGreaterThan(550)
    expect(much).toBeLessThan(2_000)
    expect([turns.running(), turns.waiting()]).toEqual([0, 0])
  })

  test('behavior: who waits for its pace can give up', async () => {
    const limits = { ...few, perClient: 8, waitingPerClient: 8, waiting: 8 }
    const turns = createTurns({ ...limits, rowsAtOnce: 1 }, () => 8)
    const leaving = new AbortController()
    for (const client of ['a', 'b']) (await turns.take(client, leaving.signal))()
    const waits = turns.take('b', leaving.signal, 10_000)
    leaving.abort(new Error('left'))
    await expect(waits).rejects.toThrow('left')
    expect([turns.running(), turns.waiting()]).toEqual([0, 0])
  })

  test('error: busy, when all together are too many', async () => {
    const turns = createTurns({ ...few, perClient: 1, waitingPerClient: 5, waiting: 2 }, () => 0)
    const { signal } = new AbortController()
    for (const client of ['a', 'b']) void turns.take(client, signal)
    await expect(turns.take('c', signal)).rejects.toThrow(Refusal)
    await expect(turns.take('c', signal)).rejects.toMatchObject({ code: 'busy', status: 503 })
  })

  test('behavior: a flood of one address does not delay another', async () => {
    const { gateway, upstream } = await world({ limits: { perUpstream: 8 } }, 20)
    const url = `${gateway.url}/inferences`
    const agent = new Agent({ keepAlive: true, maxSockets: 200 })
    let flooding = true
    const answered: number[] = []
    const flood = Array.from({ length: 200 }, async () => {
      while (flooding) answered.push((await askFrom('127.0.0.2', url, { agent })).millis)
    })
    await expect.poll(() => upstream.seen.length).toBeGreaterThan(50)
    const times: number[] = []
    for (let i = 0; i < 20; i++) times.push((await askFrom('127.0.0.3', url)).millis)
    flooding = false
    await Promise.all(flood)
    agent.destroy()
    const median = (them: number[]) => them.toSorted((a, b) => a - b)[them.length >> 1]!
    console.log(
      `ms, median: another ${median(times).toFixed(0)}, the flood ${median(answered).toFixed(0)}`,
    )
    // 200 of 8 at a time are 25 rounds; who comes by turn waits for one.
    expect(median(times)).toBeLessThan(median(answered) / 3)
  })
})
