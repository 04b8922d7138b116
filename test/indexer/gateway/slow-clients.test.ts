import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { getGatewayStatus } from './support/answers.ts'
import { startUpstream } from './support/fake-upstream.ts'
import { startGateway } from './support/start-gateway.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function world(
  limits: NonNullable<Parameters<typeof startGateway>[1]>['limits'] & object,
  answer?: Parameters<typeof startUpstream>[0],
) {
  const upstream = await startUpstream(answer)
  const gateway = await startGateway([{ url: upstream.url, role: 'writer' }], { limits })
  stops.push(() => upstream.kill(), gateway.stop)
  return { upstream, gateway }
}

/** A connection by hand, which reads nothing by itself. */
function dial(port: number, text: string) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(text)
  const closed = new Promise<number>((resolve) => {
    const begin = performance.now()
    socket.once('close', () => resolve(performance.now() - begin))
  })
  stops.push(async () => void socket.destroy())
  return { socket, closed }
}
const metric = async (it: { get: (path: string) => Promise<Response> }, line: RegExp) =>
  Number(line.exec(await (await it.get('/metrics')).text())?.[1] ?? NaN)

describe('who reads slowly', () => {
  test('behavior: holds no upstream, and is cut off', async () => {
    const megabytes = Buffer.alloc(24 * 2 ** 20, 'x')
    const { gateway, upstream } = await world({ drainMillis: 5_000 }, (_, response) =>
      response.end(megabytes),
    )
    const slow = Array.from({ length: 4 }, () => {
      const it = dial(gateway.port, 'GET /inferences HTTP/1.1\r\nHost: x\r\n\r\n')
      it.socket.pause()
      return it
    })
    await expect.poll(() => upstream.seen.length, { timeout: 4_000 }).toBe(4)
    await expect
      .poll(async () => (await getGatewayStatus(gateway.get)).upstreams[0]?.outstanding, {
        timeout: 4_000,
      })
      .toBe(0)
    const held = /^assay_gateway_held_bytes (\d+)/m
    expect(await metric(gateway, held)).toBe(4 * megabytes.length)
    // What it left unread comes before the end.
    await new Promise((resolve) => setTimeout(resolve, 5_200))
    for (const { socket } of slow) socket.resume()
    for (const { socket, closed } of slow) {
      expect(await closed).toBeLessThan(10_000)
      expect(socket.bytesRead).toBeLessThan(megabytes.length)
    }
    expect(await metric(gateway, held)).toBe(0)
    expect(await metric(gateway, /cut_total\{reason="slow-reader"\} (\d+)/)).toBe(4)
  })

  test('error: busy, while too much is not taken', async () => {
    const { gateway } = await world(
      { heldBytes: 4 * 2 ** 20, drainMillis: 10_000 },
      (_, response) => response.end(Buffer.alloc(24 * 2 ** 20)),
    )
    dial(gateway.port, 'GET /inferences HTTP/1.1\r\nHost: x\r\n\r\n').socket.pause()
    await expect
      .poll(() => metric(gateway, /^assay_gateway_held_bytes (\d+)/m), { timeout: 5_000 })
      .toBeGreaterThan(2 ** 20)
    const refused = await gateway.get('/inferences')
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'busy' }])
  })
})

describe('who sends slowly', () => {
  test('behavior: a body that does not come is waited for so long', async () => {
    const { gateway, upstream } = await world({ bodyMillis: 300 })
    const { socket } = dial(
      gateway.port,
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    )
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (data) => resolve(data.toString()))
    })
    expect(answer).toContain('408 Request Timeout')
    expect(answer).toContain('slow-request')
    expect(upstream.seen).toEqual([])
  })

  test('behavior: so is a head', async () => {
    const { gateway } = await world({ headMillis: 300 })
    const { socket, closed } = dial(gateway.port, 'GET /health HTTP/1.1\r\nHost: ')
    socket.resume()
    expect(await closed).toBeLessThan(4_000)
  })
})

test('behavior: so many connections of one address', async () => {
  const { gateway } = await world({ connectionsPerClient: 10 })
  const all = Array.from({ length: 30 }, () => dial(gateway.port, ''))
  const ended = await Promise.all(
    all.map(({ closed }) =>
      Promise.race([closed.then(() => 1), new Promise((r) => setTimeout(r, 700, 0))]),
    ),
  )
  expect(ended.filter((it) => it === 1)).toHaveLength(20)
})

describe('what is too large', () => {
  test('error: body-too-large, whatever is said of its length', async () => {
    const { gateway, upstream } = await world({ bodyBytes: 1_000 })
    const large = `{"query":"{ models { items { name } } }","variables":{"x":"${'x'.repeat(1_000)}"}}`
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const declared = await gateway.get('/graphql', { ...init, body: large })
    const streamed = await gateway.get('/graphql', {
      ...init,
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit)
    for (const answer of [declared, streamed]) {
      expect(answer.status).toBe(413)
      expect(await answer.json()).toMatchObject({
        errors: [{ extensions: { code: 'body-too-large' } }],
      })
    }
    expect(upstream.seen).toEqual([])
  })

  test('error: url-too-long, too-many-headers', async () => {
    const { gateway, upstream } = await world({})
    const long = await gateway.get(`/inferences?after=${'1'.repeat(9_000)}`)
    expect([long.status, await long.json()]).toMatchObject([414, { code: 'url-too-long' }])
    const headers = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`x-${i}`, '1']))
    const many = await gateway.get('/inferences', { headers })
    expect([many.status, await many.json()]).toMatchObject([431, { code: 'too-many-headers' }])
    expect(upstream.seen).toEqual([])
  })
})
