import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { json, refuse } from './answers.ts'
import type { Guard } from './guard.ts'
import { giveInference, giveReceipt, type InferenceParts } from './give-inference.ts'
import { giveFlush, giveStatus, type StatusParts } from './give-status.ts'
import { CollectorRefusalError, problems } from './problems.ts'
import { type RecordParts, takeRequest } from './take-request.ts'

export type AppParts = {
  guard: Guard
  allowedOrigins: readonly string[]
  /** Requests in hand at once: of those that hand something in, and as many of the others. */
  maxRequests: number
  records: RecordParts
  inferences: InferenceParts
  status: StatusParts
  /** Aborted when the collector is about to end. */
  ending: AbortSignal
  /** Told of what failed by a mistake of ours. */
  onFailure: (error: unknown) => void
}

/** What pages that may ask may send, and see. */
const crossOrigin = {
  allowMethods: ['GET', 'POST'],
  allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'prefer'],
  exposeHeaders: ['location', 'retry-after'],
}

/** The collector's addresses. */
export function createApp(parts: AppParts): Hono {
  const { guard, ending } = parts
  const app = new Hono()

  /** Takes requests that may cost something, so many at once, or refuses them. */
  function taking() {
    let inHand = 0
    return async (request: Request, work: () => Promise<Response>): Promise<Response> => {
      guard.checkToken(request)
      if (ending.aborted) throw new CollectorRefusalError('ending', 'Nothing more is taken.')
      if (inHand >= parts.maxRequests) {
        throw new CollectorRefusalError('busy', `${inHand} requests are in hand.`)
      }
      inHand++
      try {
        return await work()
      } finally {
        inHand--
      }
    }
  }
  // Those who wait for the chain keep nobody from recording.
  const [take, give] = [taking(), taking()]

  app.use(async (c, next) => {
    guard.checkSender(c.req.raw)
    await next()
  })
  app.use(cors({ origin: [...parts.allowedOrigins], ...crossOrigin }))
  app.post('/v1/inferences', (c) => take(c.req.raw, () => takeRequest(c.req.raw, parts.records)))
  app.get('/v1/inferences/:id', (c) =>
    give(c.req.raw, () => giveInference(c.req.param('id'), parts.inferences)),
  )
  app.get('/v1/inferences/:id/receipt', (c) =>
    give(c.req.raw, () =>
      giveReceipt(c.req.param('id'), waitOf(c.req.raw), parts.inferences, c.req.raw.signal),
    ),
  )
  app.get('/v1/status', (c) => give(c.req.raw, () => Promise.resolve(giveStatus(parts.status))))
  app.post('/v1/flush', (c) =>
    give(c.req.raw, () => giveFlush(waitOf(c.req.raw, flushSeconds), parts.status)),
  )
  app.get('/v1/problems/:code', (c) => {
    const code = c.req.param('code')
    if (!Object.hasOwn(problems, code)) {
      throw new CollectorRefusalError('not-found', 'There is no such code.')
    }
    const [status, title, advice] = problems[code as keyof typeof problems]
    return json({ code, status, title, advice })
  })
  app.get('/health', () => {
    const state = ending.aborted ? 'ending' : parts.status.isStalled() ? 'stalled' : 'ok'
    return json({ status: state }, state === 'ok' ? 200 : 503)
  })
  app.notFound((c) => {
    const allowed = app.routes.filter(
      ({ method, path }) => method !== 'ALL' && fits(path, c.req.path),
    )
    if (allowed.length === 0) {
      return refuse(new CollectorRefusalError('not-found', 'There is nothing at this address.'))
    }
    const answer = refuse(
      new CollectorRefusalError('method-not-allowed', 'The method does not fit here.'),
    )
    answer.headers.set('allow', allowed.map(({ method }) => method).join(', '))
    return answer
  })
  app.onError((error) => {
    if (!(error instanceof CollectorRefusalError)) parts.onFailure(error)
    return refuse(error)
  })
  return app
}

const maxWaitSeconds = 60
/** How long a flush may take that says nothing of it. */
const flushSeconds = 30

/** How long to wait for the chain, in ms: `Prefer: wait=10` (RFC 7240). */
function waitOf({ headers }: Request, otherwise = 0): number {
  const asked = /(?:^|[,;\s])wait=(\d{1,5})(?:$|[,;\s])/i.exec(headers.get('prefer') ?? '')
  return Math.min(Number(asked?.[1] ?? otherwise), maxWaitSeconds) * 1000
}

/** Whether a path is one of a route, in which a segment may be anything. */
function fits(route: string, path: string): boolean {
  const [expected, given] = [route.split('/'), path.split('/')]
  return (
    expected.length === given.length &&
    expected.every((segment, i) => segment.startsWith(':') || segment === given[i])
  )
}
