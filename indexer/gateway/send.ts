import { brotliCompress, constants, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import type { GatewayContext, GatewayParts } from './parts.ts'

const leastBytes = 1_024
const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/** What is sent as it is: in a format that is compressed, or of which nobody knows. */
const compressible = /^(?:text\/(?!event-stream)|application\/(?:graphql-response\+)?json)/i

/** An answer as a whole, compressed for who takes that, and held here until it is read. */
export async function send(
  c: GatewayContext,
  { held }: Pick<GatewayParts, 'held'>,
  answer: { status: number; type: string; body: Uint8Array; headers?: Record<string, string> },
): Promise<Response> {
  const headers = new Headers({ ...answer.headers, 'content-type': answer.type })
  let body = answer.body
  if (compressible.test(answer.type) && body.length >= leastBytes) {
    headers.append('vary', 'Accept-Encoding')
    const encoding = encodingOf(c.req.header('accept-encoding') ?? '')
    if (encoding) {
      body = encoding === 'br' ? await brotli(body, brotliOptions(body)) : await zip(body)
      headers.set('content-encoding', encoding)
    }
  }
  headers.set('content-length', String(body.length))
  held.hold(c.env.outgoing, body.length)
  return new Response(body as Uint8Array<ArrayBuffer>, { status: answer.status, headers })
}

function brotliOptions(body: Uint8Array) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants
  return { params: { [BROTLI_PARAM_QUALITY]: 4, [BROTLI_PARAM_SIZE_HINT]: body.length } }
}

/** The best of what is taken; undefined: the answer goes as it is. */
export function encodingOf(accepted: string): 'br' | 'gzip' | undefined {
  const weights = new Map(
    accepted.split(',').map((part) => {
      const [name = '', ...parameters] = part.split(';').map((it) => it.trim().toLowerCase())
      const q = parameters.find((it) => it.startsWith('q='))
      return [name, q === undefined ? 1 : Number(q.slice(2))] as const
    }),
  )
  const of = (name: string) => weights.get(name) ?? weights.get('*') ?? 0
  const best = of('gzip') > of('br') ? 'gzip' : 'br'
  return of(best) > 0 ? best : undefined
}
