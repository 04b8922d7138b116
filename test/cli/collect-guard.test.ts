/** Who may ask the collector. */
import { bearerToken } from '@assay/sdk/stores'
import { describe, expect, test } from 'vitest'
import { exchange, start, useSession } from './support/collecting.ts'

useSession()

describe('who may ask', () => {
  test('error: host-refused for a name that leads here; addresses, localhost and allowed names are known', async () => {
    const running = await start({ guard: { allowedHosts: ['Collector'] } })
    const by = async (host: string, header?: string) => {
      const request = new Request(
        `http://${host}/v1/status`,
        header ? { headers: { host: header } } : {},
      )
      return (await running.collector.fetch(request)).status
    }
    for (const host of ['127.0.0.1:8547', '[::1]', 'localhost:8547', 'collector:80', '10.0.0.7']) {
      expect(await by(host), host).toBe(200)
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8547']) {
      expect(await by(host), host).toBe(403)
    }
    expect(await by('127.0.0.1', 'evil.example')).toBe(403)
  })

  test('error: origin-refused for what comes from a page, unless it is allowed', async () => {
    const origin = 'https://app.example.org'
    const { ask, post } = await start({ guard: { allowedOrigins: [origin] } })
    const refused: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:8547' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-origin' },
      { origin: 'https://app.example.org.evil.example', 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of refused) {
      const answers = [await post(exchange, headers)]
      answers.push(await ask('/v1/status', { headers }))
      for (const { status, json, headers: given } of answers) {
        expect([status, json.code]).toEqual([403, 'origin-refused'])
        expect(given.get('access-control-allow-origin')).toBe(null)
      }
    }
    expect((await ask('/health', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
    const allowed = await post(exchange, { origin, 'sec-fetch-site': 'cross-site' })
    expect(allowed.status).toBe(201)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
    const malformed = await post('{', { origin })
    expect([malformed.status, malformed.headers.get('access-control-allow-origin')]).toEqual([
      400,
      origin,
    ])
    const asked = await ask('/v1/inferences', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect(asked.headers.get('access-control-allow-headers')).toContain('idempotency-key')
    expect((await ask('/v1/status')).json.recorded).toBe(1)
  })

  test('error: token-needed for everything but health and the meaning of codes', async () => {
    const token = 'correct-horse-battery'
    const { ask, post } = await start({ guard: { hasToken: bearerToken(token) } })
    for (const headers of [
      {},
      { authorization: 'Bearer wrong-horse-battery' },
      { authorization: `Bearer ${token}x` },
      { authorization: `Basic ${token}` },
      { authorization: token },
    ] as Record<string, string>[]) {
      const { status, json, headers: given } = await post(exchange, headers)
      expect([status, json.code, given.get('www-authenticate')]).toEqual([
        401,
        'token-needed',
        'Bearer',
      ])
      expect(JSON.stringify(json)).not.toContain('horse')
      expect((await ask('/v1/status', { headers })).status).toBe(401)
      expect((await ask('/v1/flush', { method: 'POST', headers })).status).toBe(401)
    }
    expect((await ask('/health')).json).toEqual({ status: 'ok' })
    const headers = { authorization: `Bearer ${token}` }
    expect((await post(exchange, headers)).status).toBe(201)
    expect((await ask('/v1/status', { headers })).json.recorded).toBe(1)
  })
})
