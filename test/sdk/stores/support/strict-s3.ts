import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { faultOf } from './signature-v4.ts'

/** Requests of S3 that a store makes, and their answers, as its documentation has them; stricter where it leaves a choice. */
export type StrictS3 = {
  url: string
  /** Objects by path. */
  objects: Map<string, Buffer>
  /** What came: method, path, headers and status of each. */
  seen: { method: string; path: string; headers: Record<string, string>; status: number }[]
  /** Whether the answer to a PUT says the checksum of what is kept, as S3 does and others do not. */
  saysChecksum: boolean
  /** Methods that the account may not use. */
  forbidden: Set<string>
  stop(): Promise<void>
}

export async function startStrictS3(secrets: Record<string, string>): Promise<StrictS3> {
  const s3: StrictS3 = {
    url: '',
    objects: new Map(),
    seen: [],
    saysChecksum: true,
    forbidden: new Set(),
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }

  function handle(incoming: IncomingMessage, body: Buffer): Answer {
    const method = incoming.method ?? ''
    const target = incoming.url ?? ''
    const path = target.replace(/\?.*/, '')
    const headers = headersOf(incoming)
    const fault = faultOf({ method, target, headers, body }, secrets)
    if (fault) return no(403, fault)
    if (s3.forbidden.has(method)) return no(403, 'AccessDenied')
    const kept = s3.objects.get(path)
    if (method === 'GET') {
      return kept ? { status: 200, headers: {}, body: kept } : no(404, 'NoSuchKey')
    }
    if (method !== 'PUT') return no(405, 'MethodNotAllowed')
    const condition = headers['if-none-match']
    if (condition !== undefined && condition !== '*') return no(501, 'NotImplemented')
    if (condition === '*' && kept) return no(412, 'PreconditionFailed')
    const checksum = createHash('sha256').update(body).digest('base64')
    const claimed = headers['x-amz-checksum-sha256']
    if (claimed !== undefined && claimed !== checksum) return no(400, 'BadDigest')
    s3.objects.set(path, body)
    return {
      status: 200,
      headers: {
        etag: `"${createHash('md5').update(body).digest('hex')}"`,
        ...(s3.saysChecksum && claimed ? { 'x-amz-checksum-sha256': checksum } : {}),
      },
      body: Buffer.alloc(0),
    }
  }

  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('error', () => undefined)
    incoming.on('end', () => {
      const { status, headers, body } = handle(incoming, Buffer.concat(pieces))
      const path = (incoming.url ?? '').replace(/\?.*/, '')
      s3.seen.push({ method: incoming.method ?? '', path, headers: headersOf(incoming), status })
      outgoing.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  s3.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return s3
}

type Answer = { status: number; headers: Record<string, string>; body: Buffer }

const headersOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

function no(status: number, code: string): Answer {
  const body = Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`)
  return { status, headers: { 'content-type': 'application/xml' }, body }
}
