import type { Readable } from 'node:stream'
import { noUpstream, takeUpstream } from './ask-upstream.ts'
import type { GatewayContext, GatewayParts } from './parts.ts'
import { Refusal } from './refusal.ts'

const passedHeaders = [
  'content-type',
  'content-length',
  'cache-control',
  'etag',
  'www-authenticate',
]
const lookMillis = 10_000
const maxTries = 3

/**
 * Passes batch data on while it is read, either way: it may have 64 MiB. Each takes one of a few places, and has to go on at a pace.
 */
export function createBatchHandler(parts: GatewayParts) {
  const { limits, upstreams, metrics } = parts
  const perClient = new Map<string, number>()
  let open = 0

  function takePlace(client: string): () => void {
    const own = perClient.get(client) ?? 0
    if (own >= limits.streamsPerClient) {
      throw new Refusal(429, 'too-many-waiting', `${own} of your transfers are open.`, {
        advice: 'Begin the next one when one of these has ended.',
        retryAfter: 5,
      })
    }
    if (open >= limits.streams) {
      const advice = 'Try again in some seconds.'
      throw new Refusal(503, 'busy', `${open} transfers are open.`, { advice, retryAfter: 5 })
    }
    open++
    perClient.set(client, own + 1)
    return () => {
      open--
      const left = perClient.get(client)! - 1
      if (left > 0) perClient.set(client, left)
      else perClient.delete(client)
    }
  }

  async function ask(c: GatewayContext, path: string, signal: AbortSignal) {
    const { method } = c.req
    const isPut = method === 'PUT'
    for (let tries = 1; ; tries++) {
      const upstream = await takeUpstream(upstreams, isPut ? 'writer' : 'reader', {
        ...{ signal, limits },
      })
      try {
        const response = await fetch(upstream.url + path, {
          ...{ method, signal, redirect: 'manual' },
          headers: headersOf(c),
          ...(isPut ? { body: c.req.raw.body, duplex: 'half' as const } : {}),
        })
        return { response, upstream }
      } catch (error) {
        upstreams.give(upstream)
        if (signal.aborted) throw error
        upstreams.suspect(upstream)
        // What was sent is gone: only its sender can send it again.
        if (isPut || tries === maxTries) throw noUpstream(error)
      }
    }
  }

  return async (c: GatewayContext, digest: string): Promise<Response> => {
    if (c.req.method === 'PUT') checkToken(c, parts)
    const { incoming, outgoing } = c.env
    const leave = takePlace(c.get('client'))
    outgoing.once('close', leave)
    const gone = new AbortController()
    const signal = AbortSignal.any([c.req.raw.signal, gone.signal])
    const stop = watchPace(incoming, outgoing, limits.streamRate, () => {
      metrics.cut.inc({ reason: 'slow-transfer' })
      gone.abort()
      outgoing.destroy()
    })
    outgoing.once('close', stop)
    const { response, upstream } = await ask(c, `/batches/${digest}`, signal)
    if (outgoing.closed) upstreams.give(upstream)
    else outgoing.once('close', () => upstreams.give(upstream))
    const headers = new Headers()
    for (const name of passedHeaders) {
      const value = response.headers.get(name)
      if (value !== null) headers.set(name, value)
    }
    return new Response(response.body, { status: response.status, headers })
  }
}

/** Before anything of the data is passed on. @throws Refusal `method-not-allowed`, `no-token` */
function checkToken(c: GatewayContext, { mayPut }: GatewayParts): void {
  if (!mayPut) {
    c.header('Allow', 'GET, HEAD')
    throw new Refusal(405, 'method-not-allowed', 'Nobody may put batch data here.', {
      advice: 'Put it where you may, and name that in the settlement.',
    })
  }
  if (mayPut(c.req.raw)) return
  c.header('WWW-Authenticate', 'Bearer')
  throw new Refusal(401, 'no-token', 'A token is needed to put batch data.', {
    advice: 'Ask whoever runs this indexer for one, and send it as `Authorization: Bearer`.',
  })
}

function headersOf(c: GatewayContext): Record<string, string> {
  return Object.fromEntries(
    ['authorization', 'content-type', 'accept'].flatMap((name) => {
      const value = c.req.header(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Calls `cut` when neither way as many bytes have gone as should have in the time. */
function watchPace(
  incoming: Readable & { socket: { bytesRead: number; bytesWritten: number } },
  outgoing: { writableFinished: boolean },
  rate: number,
  cut: () => void,
): () => void {
  const gone = () => incoming.socket.bytesRead + incoming.socket.bytesWritten
  let before = gone()
  const timer = setInterval(() => {
    const now = gone()
    if (!outgoing.writableFinished && now - before < (rate * lookMillis) / 1_000) cut()
    before = now
  }, lookMillis).unref()
  return () => clearInterval(timer)
}
