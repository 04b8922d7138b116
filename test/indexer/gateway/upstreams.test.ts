import { afterEach, describe, expect, test } from 'vitest'
import { startUpstream } from './support/fake-upstream.ts'
import { startGateway } from './support/start-gateway.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function upstream(...args: Parameters<typeof startUpstream>) {
  const started = await startUpstream(...args)
  stops.push(() => started.kill())
  return started
}
async function gateway(...args: Parameters<typeof startGateway>) {
  const started = await startGateway(...args)
  stops.push(() => started.stop())
  return started
}
const reader = ({ url }: { url: string }) => ({ url, role: 'reader' as const })
const writer = ({ url }: { url: string }) => ({ url, role: 'writer' as const })
const states = async (it: { get: (path: string) => Promise<Response> }) => {
  const { upstreams } = (await (await it.get('/status')).json()) as { upstreams: object[] }
  return upstreams
}

describe('which upstream is asked', () => {
  test('default: readers, one as often as the other; the writer when there is none', async () => {
    const [a, b, w] = [await upstream(), await upstream(), await upstream()]
    const it = await gateway([reader(a), reader(b), writer(w)])
    await expect
      .poll(() => states(it))
      .toMatchObject([{ state: 'up' }, { state: 'up' }, { state: 'up' }])
    for (let i = 0; i < 10; i++) expect((await it.get('/inferences')).status).toBe(200)
    expect([a.seen.length, b.seen.length, w.seen.length]).toEqual([5, 5, 0])
    await a.kill()
    await b.kill()
    expect((await it.get('/inferences')).status).toBe(200)
    expect(w.seen).toEqual(['GET /inferences'])
  })

  test('behavior: the one with least to do', async () => {
    const release: (() => void)[] = []
    const slow = await upstream((_, response) => void release.push(() => response.end('{}')))
    const fast = await upstream()
    const it = await gateway([reader(slow), reader(fast)])
    await expect.poll(() => states(it)).toMatchObject([{ state: 'up' }, { state: 'up' }])
    const first = it.get('/inferences')
    await expect.poll(() => slow.seen.length + fast.seen.length).toBe(1)
    for (let i = 0; i < 5; i++) await it.get('/inferences')
    expect(slow.seen).toHaveLength(1)
    release[0]?.()
    expect((await first).status).toBe(200)
  })
})

describe('an upstream that dies', () => {
  test('behavior: under load, no request fails', async () => {
    const answer: Parameters<typeof startUpstream>[0] = (_, response) =>
      void setTimeout(() => response.end('{}'), 5)
    const [a, b] = [await upstream(answer), await upstream(answer)]
    const it = await gateway([reader(a), reader(b)], { limits: { perClient: 64 } })
    await expect.poll(() => states(it)).toMatchObject([{ state: 'up' }, { state: 'up' }])
    const statuses: number[] = []
    let running = true
    const clients = Array.from({ length: 16 }, async () => {
      while (running) statuses.push((await it.get('/inferences')).status)
    })
    await expect.poll(() => a.seen.length, { timeout: 10_000 }).toBeGreaterThan(20)
    await a.kill()
    const before = statuses.length
    await expect.poll(() => statuses.length, { timeout: 10_000 }).toBeGreaterThan(before + 200)
    const again = await upstream(answer, a.port)
    await expect.poll(() => again.seen.length, { timeout: 10_000 }).toBeGreaterThan(20)
    running = false
    await Promise.all(clients)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  test('behavior: in the middle of an answer: another one answers whole', async () => {
    const broken = await upstream((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"half":')
      setTimeout(() => response.destroy(), 10)
    })
    const whole = await upstream((_, response) => void response.end('{"whole":1}'))
    const it = await gateway([reader(broken), writer(whole)])
    await expect.poll(() => states(it)).toMatchObject([{ state: 'up' }, { state: 'up' }])
    expect(await (await it.get('/inferences')).json()).toEqual({ whole: 1 })
    expect(broken.seen).toHaveLength(1)
  })

  test('behavior: the only one: a request waits for it, and is told when it does not come', async () => {
    const first = await upstream()
    const it = await gateway([writer(first)], { limits: { graceMillis: 1_500 } })
    await expect.poll(() => states(it)).toMatchObject([{ state: 'up' }])
    await first.kill()
    const waiting = it.get('/inferences')
    await new Promise((resolve) => setTimeout(resolve, 400))
    const second = await upstream(undefined, first.port)
    expect((await waiting).status).toBe(200)
    await second.kill()
    const refused = await it.get('/inferences')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '3'])
    expect(await refused.json()).toMatchObject({ code: 'no-upstream' })
    const ready = await it.get('/ready')
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, chains: {} }])
    expect(await (await it.get('/health')).json()).toEqual({ status: 'ok' })
  })
})

test('behavior: one that is left out gets no more requests, and those that it has are answered', async () => {
  const release: (() => void)[] = []
  const old = await upstream((_, response) => void release.push(() => response.end('{"old":1}')))
  const fresh = await upstream((_, response) => void response.end('{"fresh":1}'))
  const it = await gateway([reader(old)])
  const asked = Array.from({ length: 3 }, () => it.get('/inferences'))
  await expect.poll(() => old.seen.length).toBe(3)
  it.replace([reader(fresh)])
  expect(await (await it.get('/inferences')).json()).toEqual({ fresh: 1 })
  expect(await states(it)).toMatchObject([{ state: 'draining', outstanding: 3 }, { state: 'up' }])
  for (const answer of release) answer()
  for (const response of await Promise.all(asked)) expect(await response.json()).toEqual({ old: 1 })
  expect(await states(it)).toMatchObject([{ state: 'up' }])
  expect(old.seen).toHaveLength(3)
})

test('error: timed-out; a client that goes away takes its question along', async () => {
  const gone: string[] = []
  const silent = await upstream(({ url = '' }, response) => {
    response.once('close', () => gone.push(url))
  })
  const it = await gateway([reader(silent)], { limits: { timeoutMillis: 700 } })
  const late = await it.get('/inferences?limit=1')
  expect([late.status, await late.json()]).toMatchObject([504, { code: 'timed-out' }])
  await expect.poll(() => gone).toEqual(['/inferences?limit=1'])
  const signal = AbortSignal.timeout(100)
  await expect(it.get('/inferences?limit=2', { signal })).rejects.toThrow()
  await expect
    .poll(() => gone, { timeout: 500 })
    .toEqual(['/inferences?limit=1', '/inferences?limit=2'])
})

test('error: answer-too-large', async () => {
  const large = await upstream((_, response) => void response.end(Buffer.alloc(5_000)))
  const it = await gateway([reader(large)], { limits: { answerBytes: 4_999 } })
  const answer = await it.get('/inferences')
  expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'answer-too-large' }])
})
