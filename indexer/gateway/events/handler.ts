import type { Context } from 'hono'
import { readCursor } from '../../events/cursor.ts'
import { createByteStream } from './byte-stream.ts'
import { type Heads, watchHeads } from './heads.ts'
import { type OwnerWatch, watchOwner } from './owner-watch.ts'
import { atOnce } from './signal.ts'
import { tellEvents } from './subscription.ts'
import { type Ask, readEvents } from './upstream.ts'

export type OwnerEventsOptions = {
  /** Asks the indexer behind the gateway; may reject while that is away. */
  ask: Ask
  /** Who asks, such as a client's address: what the limit of streams counts by. */
  clientOf: (c: Context) => string
  /** Tells when the indexer got further. Default: `/status` is asked twice a second while anybody listens. */
  heads?: Heads | undefined
  /** Streams at once, of all clients. Default: 1,000. */
  maxStreams?: number | undefined
  /** Streams at once of one client. Default: 20. */
  maxStreamsOfClient?: number | undefined
  /** Questions to the indexer at once, for all streams. Default: 4. */
  maxAsking?: number | undefined
  /** Milliseconds after which something is said, if nothing else was. Default: 15,000. */
  heartbeatMillis?: number | undefined
  /** Milliseconds after which a client that reads nothing is let go. Default: 30,000. */
  stallMillis?: number | undefined
}

export type OwnerEvents = {
  /** Answers `GET /owners/:address/events` with a stream. */
  handler: (c: Context) => Response
  /** How many streams are open, and of how many owners. */
  counts(): { streams: number; owners: number }
  /** Ends all streams; their clients come back with their cursors. */
  close(): void
}

/** Makes what tells clients of an owner's events as they happen. However many listen to an owner, it is asked for once. */
export function ownerEvents(options: OwnerEventsOptions): OwnerEvents {
  const { clientOf, maxStreams = 1_000, maxStreamsOfClient = 20, maxAsking = 4 } = options
  const {
    heartbeatMillis = 15_000,
    stallMillis = 30_000,
    heads = watchHeads(options.ask),
  } = options
  const ask = atOnce(maxAsking, readEvents)
  const watches = new Map<string, { watch: OwnerWatch; readers: number }>()
  const ofClient = new Map<string, number>()
  const closers = new Set<() => void>()

  function join(owner: string): OwnerWatch {
    const known = watches.get(owner)
    if (known) {
      known.readers++
      return known.watch
    }
    const read: Parameters<typeof watchOwner>[0] = (after, limit) =>
      ask(options.ask, owner, after, limit)
    const watch = watchOwner(read, heads)
    watches.set(owner, { watch, readers: 1 })
    return watch
  }

  function leave(owner: string): void {
    const known = watches.get(owner)
    if (!known || --known.readers > 0) return
    watches.delete(owner)
    known.watch.stop()
  }

  function open(c: Context, owner: string): Response {
    const text = c.req.header('last-event-id') || c.req.query('after')
    const wanted = text ? readCursor(text) : undefined
    if (text && !wanted)
      return refuse(400, '`after` is no cursor: give that of an event before, or 0')
    const client = clientOf(c)
    const streams = ofClient.get(client) ?? 0
    if (streams >= maxStreamsOfClient) {
      return refuse(429, `at most ${maxStreamsOfClient} streams at once are open for one client`)
    }
    if (closers.size >= maxStreams) return refuse(503, 'all streams that there are are taken')
    ofClient.set(client, streams + 1)
    const watch = join(owner)
    const stream = createByteStream(stallMillis, () => {
      clearInterval(heartbeat)
      closers.delete(stream.end)
      const others = (ofClient.get(client) ?? 1) - 1
      if (others > 0) ofClient.set(client, others)
      else ofClient.delete(client)
      leave(owner)
    })
    const heartbeat = setInterval(() => stream.writeIfRoom(':\n\n'), heartbeatMillis)
    closers.add(stream.end)
    c.req.raw.signal.addEventListener('abort', stream.end, { once: true })
    if (c.req.raw.signal.aborted) stream.end()
    void tellEvents(stream, watch, wanted, heartbeatMillis).finally(stream.end)
    return new Response(stream.body, { headers: streamHeaders })
  }

  return {
    handler(c) {
      const owner = c.req.param('address')?.toLowerCase() ?? ''
      if (!/^0x[0-9a-f]{40}$/.test(owner)) return refuse(400, '`address` is not 20 bytes in hex')
      return c.req.method === 'HEAD'
        ? new Response(null, { headers: streamHeaders })
        : open(c, owner)
    },
    counts: () => ({ streams: closers.size, owners: watches.size }),
    close() {
      for (const end of closers) end()
    },
  }
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Proxies that would gather it until it is whole are asked not to.
  'x-accel-buffering': 'no',
}

/** Whether a stream is asked for, by the `Accept` header, and not a page. */
export const acceptsStream = (accept: string | undefined) =>
  (accept ?? '')
    .split(',')
    .some((it) => it.split(';', 1)[0]!.trim().toLowerCase() === 'text/event-stream')

function refuse(status: 400 | 429 | 503, error: string): Response {
  const headers = {
    'content-type': 'application/json',
    ...(status === 400 ? {} : { 'retry-after': '10' }),
  }
  return new Response(JSON.stringify({ error }), { status, headers })
}
