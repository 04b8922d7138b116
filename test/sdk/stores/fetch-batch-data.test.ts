import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { InvalidConfigError, InvalidInputError } from '@assay/sdk'
import {
  BatchDataUnavailableError,
  fetchBatchData,
  type FetchBatchDataOptions,
  type UnavailableReason,
} from '@assay/sdk/stores'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cidOfBlock } from '../../../sdk/src/stores/cid.ts'
import { type HostileServer, pause, startHostileServer } from '../observables/server.ts'
import { randomBatch } from './support/batches.ts'
import { scratch } from './support/scratch.ts'

const { data, digest, name } = randomBatch()
let server: HostileServer
beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.stop())

/** Over sockets of our own and by `fetch`: both have to hold. */
const ways: [string, FetchBatchDataOptions][] = [
  ['by address', { schemes: ['http'], addresses: (address) => address === '127.0.0.1' }],
  ['by fetch', { schemes: ['http'], addresses: 'any', fetch }],
]

async function reasonOf(
  uri: string,
  options: FetchBatchDataOptions = {},
): Promise<UnavailableReason> {
  const error: unknown = await fetchBatchData(uri, digest, options).then(
    () => 'data',
    (reason: unknown) => reason,
  )
  if (!(error instanceof BatchDataUnavailableError)) return expect.unreachable(inspect(error))
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret')
  return error.reason
}

describe.each(ways)('%s', (_, way) => {
  const url = (path = `/${name}`) => `${server.url}${path}`

  test('default: the data, checked', async () => {
    server.play(({ response }) => void response.end(data))
    expect(Buffer.from(await fetchBatchData(url(), digest, way)).equals(data)).toBe(true)
  })

  test('behavior: redirects are followed, as many as allowed', async () => {
    server.play(({ request, response }) => {
      const left = Number(/\d+/.exec(request.url ?? '')?.[0] ?? 0)
      if (left === 0) response.end(data)
      else response.writeHead(302, { location: `/${left - 1}` }).end()
    })
    expect(await fetchBatchData(url('/3'), digest, way)).toHaveLength(data.length)
    expect(await reasonOf(url('/4'), way)).toBe('redirects')
    expect(await reasonOf(url('/1'), { ...way, maxRedirects: 0 })).toBe('redirects')
  })

  test('error: BatchDataUnavailableError, redirects in a circle', async () => {
    server.play(({ response }) => void response.writeHead(307, { location: '/again' }).end())
    expect(await reasonOf(url(), way)).toBe('redirects')
    expect(await server.seen()).toHaveLength(4)
  })

  test.each([
    'file:///etc/passwd',
    'data:,x',
    'ftp://x.example',
    'https://x.example/',
    'javascript:1',
    'http://',
    'http://a:secret@127.0.0.1/',
    `http://${'x'.repeat(3_000)}`,
    'ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  ])('error: BatchDataUnavailableError, a redirect to %.40s', async (location) => {
    server.play(({ response }) => void response.writeHead(302, { location }).end())
    expect(await reasonOf(url(), way)).toBe('redirects')
    expect(await server.seen()).toHaveLength(1)
  })

  test.each([
    [404, 'not-found'],
    [410, 'not-found'],
    [403, 'refused'],
    [500, 'refused'],
    [204, 'refused'],
    [206, 'refused'],
    [304, 'refused'],
    [302, 'refused'],
  ] as const)('error: BatchDataUnavailableError, status %i', async (status, reason) => {
    server.play(({ response }) => void response.writeHead(status).end())
    expect(await reasonOf(url('/x?key=secret'), way)).toBe(reason)
  })

  test('error: BatchDataUnavailableError, other data, also by a byte', async () => {
    const bodies = [
      data.subarray(1),
      Buffer.concat([data, Buffer.of(0)]),
      data.with(9, (data[9] ?? 0) ^ 1),
    ]
    for (const body of [...bodies, Buffer.alloc(0)]) {
      server.play(({ response }) => void response.end(body))
      expect(await reasonOf(url(), way)).toBe('other-data')
    }
  })

  test('error: BatchDataUnavailableError, too large, declared or without end', async () => {
    server.play(({ response }) => {
      response.writeHead(200, { 'content-length': '10000000' })
      response.write('x')
    })
    expect(await reasonOf(url(), { ...way, maxBytes: 1_000 })).toBe('too-large')
    server.play(({ response }) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    expect(await reasonOf(url(), { ...way, maxBytes: 1_000_000 })).toBe('too-large')
    expect((await server.seen()).map(({ ending }) => ending)).toEqual(['closed'])
  })

  test('behavior: exactly as large as allowed is not too large', async () => {
    server.play(({ response }) => void response.end(data))
    const { length } = await fetchBatchData(url(), digest, { ...way, maxBytes: data.length })
    expect(length).toBe(data.length)
    expect(await reasonOf(url(), { ...way, maxBytes: data.length - 1 })).toBe('too-large')
  })

  test('error: BatchDataUnavailableError, too slow, from the first byte or the last', async () => {
    for (const script of [
      () => undefined,
      ({ response }: { response: { write(text: string): void } }) => {
        response.write('a')
      },
    ]) {
      server.play(script)
      const start = performance.now()
      expect(await reasonOf(url(), { ...way, timeoutMillis: 150 })).toBe('timed-out')
      expect(performance.now() - start).toBeLessThan(2_000)
      expect((await server.seen()).map(({ ending }) => ending)).toEqual(['closed'])
    }
  })

  test('behavior: the time is that of all redirects together', async () => {
    server.play(async ({ response }) => {
      await pause(100)
      response.writeHead(302, { location: '/again' }).end()
    })
    const options = { ...way, timeoutMillis: 250, maxRedirects: 50 }
    expect(await reasonOf(url(), options)).toBe('timed-out')
  })

  test('error: BatchDataUnavailableError, cut off', async () => {
    server.play(({ response }) => {
      response.writeHead(200, { 'content-length': String(data.length) })
      response.write(data.subarray(0, 10), () => response.destroy())
    })
    expect(await reasonOf(url(), way)).toBe('unreachable')
    server.play(({ response }) => void response.destroy())
    expect(await reasonOf(url('/x?key=secret'), way)).toBe('unreachable')
    server.play(({ response }) => void response.socket?.end('no HTTP at all\r\n\r\n'))
    expect(await reasonOf(url(), way)).toBe('unreachable')
  })

  test('behavior: an abort rejects with its reason', async () => {
    server.play(() => undefined)
    const reason = new Error('enough')
    const aborting = new AbortController()
    const result = fetchBatchData(url(), digest, { ...way, signal: aborting.signal })
    setTimeout(() => aborting.abort(reason), 50)
    await expect(result).rejects.toBe(reason)
    await expect(
      fetchBatchData(url(), digest, { ...way, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
  })
})

describe('over sockets of our own', () => {
  const [, way] = ways[0]!

  test('behavior: what is coded, though that was not asked for, is not unfolded', async () => {
    server.play(({ response }) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(data))
    })
    expect(await reasonOf(server.url, way)).toBe('other-data')
  })

  test('behavior: a name is asked by the address that was looked at, under its own name', async () => {
    const { port } = new URL(server.url)
    const hosts: unknown[] = []
    server.play(({ request, response }) => {
      hosts.push(request.headers.host)
      response.end(data)
    })
    const uri = `http://localhost:${port}/x`
    expect(await fetchBatchData(uri, digest, way)).toHaveLength(data.length)
    expect(hosts).toEqual([`localhost:${port}`])
    const other: FetchBatchDataOptions = { ...way, addresses: (address) => address === '9.9.9.9' }
    expect(await reasonOf(uri, other)).toBe('not-allowed')
    expect(hosts).toHaveLength(1)
  })

  test('behavior: a redirect is judged as the URI was, before anybody is asked', async () => {
    const inner = await startHostileServer()
    inner.play(({ response }) => void response.end(data))
    const { port } = new URL(inner.url)
    for (const host of ['localhost', '127.0.0.2', '[::1]', '0.0.0.0', '2130706433', '0x7f.1']) {
      server.play(({ response }) => {
        response.writeHead(302, { location: `http://${host}:${port}/` }).end()
      })
      // The first server alone: as it is written, and as it is reached.
      let judged = 0
      const first = () => judged++ < 2
      expect(await reasonOf(server.url, { ...way, addresses: first }), host).toBe('not-allowed')
    }
    expect(await inner.seen()).toEqual([])
    await inner.stop()
  })

  test('error: BatchDataUnavailableError, nobody listens', async () => {
    const gone = await startHostileServer()
    await gone.stop()
    expect(await reasonOf(`${gone.url}/?key=secret`, way)).toBe('unreachable')
    expect(await reasonOf('http://no-such-host.invalid/?key=secret', way)).toBe('unreachable')
  })
})

describe('by default', () => {
  test.each([
    'http://example.com/x',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://017700000001/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://x.localhost/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://metadata.google.internal/',
    'https://10.0.0.1/',
    'https://192.168.0.1:8443/?key=secret',
    'https://①②⑦.0.0.1/',
    'https://user:secret@example.com/',
    'data:application/octet-stream;base64',
    'data:;base64,A',
    'data:;base64,%zz',
    'data:,%0',
    'data:,\u0100',
    'data:,a b',
    'blob:https://example.com/1',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'ftp://example.com/',
    's3://bucket/key',
    'ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    'ipns://example.com',
    '//example.com/x',
    '/etc/passwd',
    '',
    'https://',
    'nonsense',
    `https://example.com/${'x'.repeat(2_048)}`,
    '\u0000https://[',
  ])('error: BatchDataUnavailableError, %.60j is not asked for', async (uri) => {
    let asked = 0
    const counting: typeof fetch = () => {
      asked++
      return Promise.reject(new Error('asked'))
    }
    expect(await reasonOf(uri)).toBe('not-allowed')
    expect(await reasonOf(uri, { fetch: counting })).toBe('not-allowed')
    expect(asked).toBe(0)
  })

  test('behavior: what is hostile in a URI is not shown as it is', async () => {
    const uri = 'ftp://x/\u001b[31m\u202e?sig=secret'
    const error: unknown = await fetchBatchData(uri, digest).catch((reason: unknown) => reason)
    const { message } = error as Error
    expect(message).toContain('\\u{1b}[31m\\u{202e}')
    for (const part of ['\u001b', '\u202e', 'secret']) expect(message.includes(part)).toBe(false)
  })

  test('error: InvalidInputError, no digest', async () => {
    await expect(fetchBatchData('https://example.com', '0x12')).rejects.toThrow(InvalidInputError)
  })
})

describe('ipfs', () => {
  const uri = `ipfs://${cidOfBlock(name)}`

  test('default: by the gateway that the reader names, whatever its address', async () => {
    server.play(({ request, response }) => {
      if (request.url === `/ipfs/${cidOfBlock(name)}`) response.end(data)
      else response.writeHead(404).end()
    })
    const read = await fetchBatchData(uri, digest, { ipfsGateway: server.url })
    expect(read).toHaveLength(data.length)
  })

  test('behavior: the gateway leads to no other host by http', async () => {
    server.play(({ response }) => {
      response.writeHead(301, { location: 'http://169.254.169.254/' }).end()
    })
    expect(await reasonOf(uri, { ipfsGateway: server.url })).toBe('redirects')
    server.play(({ response }) => {
      response.writeHead(301, { location: 'https://169.254.169.254/' }).end()
    })
    expect(await reasonOf(uri, { ipfsGateway: server.url })).toBe('not-allowed')
  })

  test.each(['ipfs://', 'ipfs://x', 'ipfs://../../api/v0/shutdown', `${uri}/../x`, `${uri}?x`])(
    'error: BatchDataUnavailableError, %j',
    async (odd) => {
      server.play(({ response }) => void response.end(data))
      expect(await reasonOf(odd, { ipfsGateway: server.url })).toBe('not-allowed')
      expect(await server.seen()).toEqual([])
    },
  )

  test('error: InvalidConfigError, a gateway that is none', async () => {
    const result = fetchBatchData(uri, digest, { ipfsGateway: 'nowhere' })
    await expect(result).rejects.toThrow(InvalidConfigError)
  })
})

describe('files', () => {
  async function directory() {
    const path = await scratch()
    await mkdir(join(path, 'in'))
    await writeFile(join(path, 'in', name), data)
    await writeFile(join(path, 'outside'), data)
    await symlink(join(path, 'outside'), join(path, 'in', 'link'))
    return { path, inside: { fileDirectory: join(path, 'in') } }
  }
  const uriOf = (...path: string[]) => pathToFileURL(join(...path)).href

  test('default: inside of the directory that the reader names', async () => {
    const { path, inside } = await directory()
    expect(await fetchBatchData(uriOf(path, 'in', name), digest, inside)).toHaveLength(data.length)
  })

  test('error: BatchDataUnavailableError, outside of it, by a path or a link', async () => {
    const { path, inside } = await directory()
    for (const uri of [
      uriOf(path, 'outside'),
      uriOf(path, 'in', 'link'),
      `${uriOf(path, 'in')}/%2e%2e/outside`,
      uriOf(path, 'in'),
      'file:///etc/passwd',
    ]) {
      expect(await reasonOf(uri, inside), uri).toBe('not-allowed')
    }
    expect(await reasonOf('file://host/etc/passwd', inside)).toBe('not-allowed')
    expect(await reasonOf(uriOf(path, 'in', 'none'), inside)).toBe('not-found')
    expect(await reasonOf(`${uriOf(path, 'in')}/a%00b`, inside)).toBe('not-found')
    expect(await reasonOf(`${uriOf(path, 'in')}/a%2Fb`, inside)).toBe('not-found')
  })

  test.skipIf(process.platform === 'win32')(
    'error: BatchDataUnavailableError, what is no file, or too large',
    async () => {
      const { path, inside } = await directory()
      execFileSync('mkfifo', [join(path, 'in', 'pipe')])
      expect(await reasonOf(uriOf(path, 'in', 'pipe'), inside)).toBe('not-allowed')
      const small = { ...inside, maxBytes: 10 }
      expect(await reasonOf(uriOf(path, 'in', name), small)).toBe('too-large')
    },
  )
})
