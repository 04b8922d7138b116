import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { randomUUID } from 'node:crypto'
import { countRequest } from './count-request.ts'
import { createBatchHandler } from './handle-batches.ts'
import { acceptsStream } from './events/handler.ts'
import { handleGraphql } from './handle-graphql.ts'
import { clientOf } from './limits/client-address.ts'
import { createRequestLog } from './log.ts'
import { openapi } from './openapi/document.ts'
import type { GatewayContext, GatewayEnv, GatewayParts } from './parts.ts'
import { passOn } from './pass-on.ts'
import { playground } from './playground.ts'
import { plainAnswer, Refusal } from './refusal.ts'
import { paths, routeOf } from './routes.ts'
import { send } from './send.ts'
import { createService } from './service.ts'

/** What the outside world may ask. What is not named here does not reach an upstream. */
export function createApp(parts: GatewayParts): Hono<GatewayEnv> {
  const { settings, metrics } = parts
  const service = createService(parts)
  const passBatch = createBatchHandler(parts)
  const log = createRequestLog(settings.accessLog, parts.onLog)
  const app = new Hono<GatewayEnv>()

  app.use(async (c, next) => {
    const { incoming } = c.env
    const begin = performance.now()
    const given = c.req.header('x-request-id')
    const id = given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
    const forwarded = c.req.header('x-forwarded-for')
    const client = clientOf(incoming.socket.remoteAddress, forwarded, settings.trustedProxies)
    c.set('id', id)
    c.set('client', client)
    await next()
    c.res.headers.set('x-request-id', id)
    c.res.headers.set('x-content-type-options', 'nosniff')
    const millis = performance.now() - begin
    const route = routeOf(c.req.path)
    const code = (c.get('refusal') as Refusal | undefined)?.code
    // Who has gone away is told nothing, whatever was to be said.
    const status = c.req.raw.signal.aborted ? 499 : c.res.status
    metrics.requests.inc({ route, status })
    metrics.seconds.observe({ route }, millis / 1_000)
    if (code) metrics.refused.inc({ reason: code })
    log({ id, client, method: c.req.method, route, status, millis, code })
  })
  if (settings.corsOrigins === '*' || settings.corsOrigins.length > 0) {
    app.use(
      cors({
        origin: settings.corsOrigins as string | string[],
        allowMethods: ['GET', 'HEAD', 'POST', 'PUT'],
        allowHeaders: ['Content-Type', 'Authorization', 'Last-Event-ID', 'X-Request-Id'],
        exposeHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
        maxAge: 86_400,
      }),
    )
  }
  app.use(async (c, next) => {
    checkHead(c, parts)
    await next()
  })

  app.get('/health', () => service.health())
  app.get('/ready', () => service.ready())
  app.get('/status', () => service.status())
  app.get('/metrics', (c) => service.metrics(c))

  app.use(async (c, next) => {
    await countRequest(c, parts)
    await next()
  })
  app.get('/openapi.json', (c) => {
    const body = Buffer.from(JSON.stringify(openapi(parts.version)))
    return send(c, parts, { status: 200, type: 'application/json', body })
  })
  for (const path of ['/', '/graphql']) {
    app.get(path, (c) =>
      c.req.query('query') === undefined && c.req.header('accept')?.includes('text/html')
        ? playground(c.req.header('accept-encoding') ?? '')
        : handleGraphql(c, parts),
    )
    app.post(path, (c) => handleGraphql(c, parts))
  }
  app.get('/owners/:address/events', async (c, next) =>
    acceptsStream(c.req.header('accept')) ? parts.events.handler(c) : next(),
  )
  for (const { path, of, rows } of paths) {
    app.get(path, async (c) => {
      const { search, searchParams } = new URL(c.req.url)
      const asked = { method: 'GET' as const, path: of(c.req.param()) + search }
      const answer = await passOn(c, parts, asked, rows(searchParams))
      const type = answer.headers.get('content-type') ?? 'application/json'
      return send(c, parts, { status: answer.status, type, body: answer.body })
    })
  }
  app.on(['GET', 'PUT'], '/batches/:digest', (c) => {
    const digest = c.req.param('digest')
    if (!/^(?:0x)?[0-9a-f]{64}$/i.test(digest)) throw notFound()
    return passBatch(c, digest)
  })
  app.notFound(() => {
    throw notFound()
  })
  app.onError((error, c) => {
    if (error instanceof Refusal) {
      c.set('refusal', error)
      return plainAnswer(error)
    }
    if (!c.req.raw.signal.aborted) {
      const { name, message } = error
      const line = { level: 50, time: Date.now(), msg: 'The gateway failed', id: c.get('id') }
      parts.onLog(JSON.stringify({ ...line, error: `${name}: ${message}`.slice(0, 500) }))
    }
    return Response.json({ error: 'this could not be answered' }, { status: 500 })
  })
  return app

  /** @throws Refusal `url-too-long`, `too-many-headers`, `method-not-allowed` */
  function checkHead(c: GatewayContext, { limits }: GatewayParts): void {
    const { url = '', rawHeaders } = c.env.incoming
    if (url.length > limits.urlBytes) {
      const message = `The address has more than ${limits.urlBytes} characters.`
      const advice = 'Send a query by POST.'
      throw new Refusal(414, 'url-too-long', message, { advice })
    }
    if (rawHeaders.length / 2 > limits.headers) {
      const message = `There are more than ${limits.headers} headers.`
      throw new Refusal(431, 'too-many-headers', message, { advice: 'Send fewer.' })
    }
    const { method } = c.req
    const route = routeOf(c.req.path)
    const allowed = route === '/graphql' ? ['POST'] : route === '/batches/{digest}' ? ['PUT'] : []
    if (route !== 'other' && !['GET', 'HEAD', ...allowed].includes(method)) {
      const message = `${method.slice(0, 20)} does not fit here.`
      const advice = `Send one of ${['GET', ...allowed].join(', ')}.`
      throw new Refusal(405, 'method-not-allowed', message, { advice })
    }
  }
}

const notFound = () =>
  new Refusal(404, 'not-found', 'There is nothing at this address.', {
    advice: 'GET /openapi.json lists what there is; GET /graphql in a browser has the tables.',
  })
