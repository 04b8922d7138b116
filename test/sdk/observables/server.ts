import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What one request looked like from the server. */
export type SeenRequest = {
  method: string
  path: string
  headers: [string, string][]
  body: { length: number; sha256: string }
  /** Whether the answer was finished, the client went away before, or neither has happened. */
  ending: 'finished' | 'closed' | 'open'
}

export type Call = {
  request: IncomingMessage
  response: ServerResponse
  /** The request's whole body. */
  body: Buffer
  /** 0 for the first request since `play`. */
  attempt: number
}

/** What the server does with a request. */
export type Script = (call: Call) => void | Promise<void>

export type HostileServer = {
  url: string
  /** Plays a script for all requests to come, and forgets those before. */
  play(script: Script): void
  /** The requests since `play`, once each has come to its end or a while has passed. */
  seen(): Promise<SeenRequest[]>
  stop(): Promise<void>
}

export const sha256 = (bytes: Uint8Array | string) =>
  createHash('sha256').update(bytes).digest('hex')

export const pause = (millis: number) => new Promise<void>((done) => setTimeout(done, millis))

/** Writes pieces with a pause after each, so that each comes to the client by itself. */
export async function drip(response: ServerResponse, pieces: readonly (string | Uint8Array)[]) {
  for (const piece of pieces) {
    response.write(piece)
    await pause(15)
  }
}

/**
 * A server on real sockets that does what it is told, however bad.
 *
 * @param options - `early`: what it does with a request before it has read the body. Default: nothing.
 */
export async function startHostileServer({
  early,
}: { early?: (call: Pick<Call, 'request' | 'response'>) => void } = {}): Promise<HostileServer> {
  let script: Script = ({ response }) => void response.end()
  let seen: SeenRequest[] = []

  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    const attempt = seen.length
    const entry: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: headersOf(request),
      body: { length: 0, sha256: '' },
      ending: 'open',
    }
    seen.push(entry)
    response.on('close', () => (entry.ending = response.writableFinished ? 'finished' : 'closed'))
    response.on('error', () => undefined)
    request.on('error', () => undefined)
    early?.({ request, response })
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces)
      // Form data has another boundary each time.
      const boundary = /boundary=(\S+)/.exec(request.headers['content-type'] ?? '')?.[1]
      const text = boundary ? body.toString('latin1').replaceAll(boundary, 'B') : body
      entry.body = { length: body.length, sha256: sha256(text) }
      if (early) return
      void Promise.resolve(script({ request, response, body, attempt })).catch(() =>
        response.destroy(),
      )
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    play(next) {
      script = next
      seen = []
    },
    async seen() {
      for (let i = 0; i < 20 && seen.some(({ ending }) => ending === 'open'); i++) await pause(10)
      return structuredClone(seen)
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function headersOf(request: IncomingMessage): [string, string][] {
  const { rawHeaders } = request
  return rawHeaders.flatMap((name, i) =>
    i % 2 === 0
      ? [
          [name, (rawHeaders[i + 1] ?? '').replace(/boundary=\S+/, 'boundary=B')] as [
            string,
            string,
          ],
        ]
      : [],
  )
}
