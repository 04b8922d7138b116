import { inspect } from 'node:util'
import type { BaseError } from '@assay/sdk'
import { BatchStoreError, type StoreRequestOptions } from '@assay/sdk/stores'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type HostileServer,
  pause,
  type Script,
  startHostileServer,
} from '../observables/server.ts'
import { type Backend, backends, credentials, token } from './support/backends.ts'
import { randomBatch } from './support/batches.ts'
import { passOn } from './support/pass-on.ts'

/** Few tries, soon after each other. */
const hasty = { retryCount: 2, retryDelayMillis: 5, timeoutMillis: 10_000 }

async function failureOf(promise: Promise<unknown>): Promise<BatchStoreError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof BatchStoreError) return error
  return expect.unreachable(`no BatchStoreError: ${inspect(error)}`)
}

/** What must stand in no error: neither as its text nor anywhere in what a logger would print of it. */
function expectNoSecrets(error: BaseError): void {
  const printed = inspect(error, { depth: 10, showHidden: true })
  const { accessKeyId, secretAccessKey } = credentials
  for (const secret of [token, accessKeyId, secretAccessKey, 'AWS4-HMAC', 'Bearer', '?']) {
    // Places name the test's own files.
    const text = printed.replace(/^ *at .*$/gm, '')
    expect(text.includes(secret), `${secret} in ${text}`).toBe(false)
  }
}

const withServer = Object.entries(backends).filter(([name]) => name !== 'file')

describe.each(withServer)('%s', (_, start) => {
  let backend: Backend
  let front: HostileServer
  beforeAll(async () => {
    backend = await start()
    front = await startHostileServer()
  })
  afterAll(async () => {
    await front.stop()
    await backend.stop()
  })

  const honest: Script = (call) => passOn(call, backend.url ?? '')
  const store = (options: StoreRequestOptions = {}) =>
    backend.store(front.url, { ...hasty, ...options })
  const batch = randomBatch
  const put = (options?: StoreRequestOptions, { data, digest } = batch()) =>
    store(options).put(data, digest)

  test('behavior: trouble that passes is sat out', async () => {
    for (const trouble of [408, 425, 429, 500, 502, 503, 504]) {
      front.play((call) => {
        if (call.attempt > 0) return honest(call)
        call.response.writeHead(trouble).end('<html>trouble</html>')
      })
      const { data, digest } = batch()
      const { uri } = await put({}, { data, digest, name: '' })
      expect(uri, String(trouble)).toMatch(/^(?:http|ipfs):/)
      expect(await backend.store().get(digest)).toBeDefined()
    }
  })

  test('behavior: a connection that breaks off, before, in and after the head of the answer', async () => {
    const breaks: Script[] = [
      ({ response }) => response.destroy(),
      ({ response }) => void response.socket?.end('HTTP/1.1 200 O'),
      ({ response }) => {
        response.writeHead(200, { 'content-length': '1000' })
        response.write('a part', () => response.destroy())
      },
      ({ response }) => {
        response.writeHead(200, { 'transfer-encoding': 'chunked' })
        response.write('a part', () => response.destroy())
      },
    ]
    for (const [i, broken] of breaks.entries()) {
      front.play((call) => (call.attempt > 0 ? honest(call) : broken(call)))
      const { data, digest } = batch()
      await put({}, { data, digest, name: '' })
      expect(await backend.store().get(digest), String(i)).toBeDefined()
    }
  })

  test('behavior: what was written though its answer was lost is found, and not taken for a conflict', async () => {
    front.play(async (call) => {
      if (call.attempt > 0) return honest(call)
      const { response } = call
      const real = response.writeHead.bind(response)
      // All goes on behind; of the answer nothing comes.
      response.writeHead = (status: number) => {
        real(status)
        response.destroy()
        return response
      }
      return honest(call)
    })
    await put()
    expect((await front.seen()).length).toBeGreaterThan(1)
  })

  test('behavior: waits as long as the server asks for', async () => {
    front.play((call) => {
      if (call.attempt > 0) return honest(call)
      call.response.writeHead(429, { 'retry-after': '1' }).end()
    })
    const start = performance.now()
    await put()
    expect(performance.now() - start).toBeGreaterThan(990)
  })

  test('error: BatchStoreError, nobody listens: unavailable, after so many tries', async () => {
    const gone = await startHostileServer()
    await gone.stop()
    let tries = 0
    const counted: typeof fetch = (...args) => {
      tries++
      return fetch(...args)
    }
    const { data, digest } = batch()
    const error = await failureOf(
      backend.store(gone.url, { ...hasty, fetch: counted }).put(data, digest),
    )
    expect(error).toMatchObject({ problem: 'unavailable', status: undefined })
    expect(error.message).toContain('ECONNREFUSED')
    expect(tries).toBe(3)
    expectNoSecrets(error)
  })

  test('error: BatchStoreError, trouble that does not pass', async () => {
    front.play(({ response }) => void response.writeHead(503).end('no'))
    const error = await failureOf(put())
    expect(error).toMatchObject({ problem: 'unavailable', status: 503 })
    expect(await front.seen()).toHaveLength(3)
    expectNoSecrets(error)
  })

  test.each([400, 401, 403, 404, 405, 411, 413, 418])(
    'error: BatchStoreError, refused with %i, at once',
    async (status) => {
      // As S3 does when a signature is wrong: all that was signed comes back.
      front.play(({ request, response }) => {
        const said = `${request.headers.authorization ?? ''} ${request.url ?? ''} <Code>Wrong</Code>`
        response.writeHead(status).end(JSON.stringify({ Message: said }))
      })
      const error = await failureOf(put())
      expect(error).toMatchObject({ problem: 'refused', status })
      expect(await front.seen()).toHaveLength(1)
      expectNoSecrets(error)
    },
  )

  test.each([301, 302, 303, 307, 308])(
    'error: BatchStoreError, a redirect (%i) takes no credentials elsewhere',
    async (status) => {
      const elsewhere = await startHostileServer()
      elsewhere.play(({ response }) => void response.end())
      front.play(({ response }) => {
        response.writeHead(status, { location: elsewhere.url }).end()
      })
      const error = await failureOf(put())
      expect(error).toMatchObject({ problem: 'refused', status })
      expect(error.message).toContain('Redirects are not followed')
      expect(await elsewhere.seen()).toEqual([])
      await elsewhere.stop()
    },
  )

  test('error: BatchStoreError, an answer that does not come, or does not end', async () => {
    const scripts: Script[] = [
      () => undefined,
      ({ response }) => {
        response.writeHead(200)
        response.write('a')
      },
      async ({ response }) => {
        response.writeHead(200)
        while (!response.destroyed) {
          response.write('.')
          await pause(20)
        }
      },
    ]
    for (const script of scripts) {
      front.play(script)
      const start = performance.now()
      const error = await failureOf(put({ retryCount: 1, timeoutMillis: 200 }))
      expect(error).toMatchObject({ problem: 'timed-out' })
      expect(performance.now() - start).toBeLessThan(3_000)
      expect((await front.seen()).map(({ ending }) => ending)).toEqual(['closed', 'closed'])
      expectNoSecrets(error)
    }
  })

  test('behavior: an abort ends a request under way, and a wait between two', async () => {
    const reason = new Error('enough')
    const scripts: Script[] = [
      () => undefined,
      ({ response }) => void response.writeHead(503, { 'retry-after': '10' }).end(),
    ]
    for (const script of scripts) {
      front.play(script)
      const aborting = new AbortController()
      const { data, digest } = batch()
      const started = performance.now()
      const result = store().put(data, digest, { signal: aborting.signal })
      setTimeout(() => aborting.abort(reason), 100)
      await expect(result).rejects.toBe(reason)
      expect(performance.now() - started).toBeLessThan(2_000)
      expect(await front.seen()).toHaveLength(1)
    }
  })

  test('behavior: an answer without end is not read to it', async () => {
    let written = 0
    const noise = Buffer.alloc(65_536, 'x')
    front.play(({ response }) => {
      response.writeHead(403)
      const more = () => {
        while (!response.destroyed && response.write(noise)) written += noise.length
      }
      response.on('drain', more)
      more()
    })
    const error = await failureOf(put())
    expect(error).toMatchObject({ problem: 'refused', status: 403 })
    expect((await front.seen()).map(({ ending }) => ending)).toEqual(['closed'])
    expect(written).toBeLessThan(50_000_000)
  })

  test('error: BatchStoreError, other bytes under the digest: altered', async () => {
    const { data, digest } = batch()
    await backend.store().put(data, digest)
    front.play(({ response }) => void response.end(Buffer.from('something else')))
    const error = await failureOf(store().get(digest))
    expect(error).toMatchObject({ problem: 'altered' })
    expectNoSecrets(error)
  })

  test('error: BatchStoreError, data without end is not read to it', async () => {
    front.play(({ response }) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const { digest } = batch()
    const error = await failureOf(store().get(digest, { maxBytes: 100_000 }))
    expect(error).toMatchObject({ problem: 'refused' })
    expect((await front.seen()).map(({ ending }) => ending)).toEqual(['closed'])
  })
})
