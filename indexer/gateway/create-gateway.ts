import { readFileSync } from 'node:fs'
import { createApp } from './app.ts'
import { askUpstream } from './ask-upstream.ts'
import { defaultLimits, type GatewayLimits } from './limits/limits.ts'
import { createRequestRate } from './limits/request-rate.ts'
import { createHeldAnswers } from './limits/slow-readers.ts'
import { createTurns } from './limits/turns.ts'
import { listen } from './listen.ts'
import { createMetrics } from './metrics.ts'
import { ownerEvents } from './events/handler.ts'
import type { GatewayContext, GatewayParts } from './parts.ts'
import { watchRecovery } from './recovery.ts'
import { defaultSettings, type GatewaySettings } from './settings.ts'
import { createUpstreams, type UpstreamTarget } from './upstreams.ts'

export type GatewayOptions = {
  port: number
  hostname: string
  /** Default: `defaultSettings`. */
  settings?: Partial<GatewaySettings>
  /** Default: `defaultLimits`. */
  limits?: Partial<GatewayLimits>
  /** Whether a request bears a token by which batch data may be put. Default: nobody may. */
  mayPut?: ((request: Request) => boolean) | undefined
  /** Takes lines of the log, JSON. Default: none. */
  onLog?: ((line: string) => void) | undefined
}

/** A server for the public, before one or several indexers. */
export type Gateway = {
  port: number
  /** Who is asked from now on: others get no more requests, those that they have are answered. */
  replace(upstreams: readonly UpstreamTarget[]): void
  /** Takes no more requests; resolves once those that are open are answered, after `millis` at most. */
  close(millis: number): Promise<void>
}

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

/**
 * Serves the public on a port, by what upstreams answer.
 *
 * @throws What the system says, with its `code`, where the port can't be had.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = { ...defaultSettings, ...options.settings }
  const limits = { ...defaultLimits, ...options.limits }
  const metrics = createMetrics()
  const onLog = options.onLog ?? (() => undefined)
  const upstreams = createUpstreams(({ role, state }) => {
    turns.look()
    const level = state === 'down' ? 40 : 30
    onLog(JSON.stringify({ level, time: Date.now(), msg: `Upstream is ${state}`, role }))
  })
  // Who sets no limit on requests wants none on what they read either.
  const paced = settings.rateLimit > 0 ? limits : { ...limits, rowsPerSecond: Infinity }
  const turns = createTurns(paced, () => limits.perUpstream * Math.max(1, upstreams.up()))
  const recovery = watchRecovery()
  const held = createHeldAnswers(limits, () => metrics.cut.inc({ reason: 'slow-reader' }))
  metrics.watch(turns, upstreams, held.bytes)
  const ask = (path: string, signal: AbortSignal) =>
    askUpstream(upstreams, { method: 'GET', path }, { signal, limits, recovery })
  const events = ownerEvents({
    async ask(path, { signal = AbortSignal.timeout(limits.timeoutMillis) } = {}) {
      const { status, headers, body } = await ask(path, signal)
      return new Response(body as Uint8Array<ArrayBuffer>, { status, headers })
    },
    clientOf: (c: GatewayContext) => c.get('client'),
  })
  const parts: GatewayParts = {
    ...{ settings, limits, upstreams, recovery, turns, held, events, metrics, onLog, version },
    mayPut: options.mayPut,
    rate: settings.rateLimit > 0 ? createRequestRate(settings.rateLimit) : undefined,
  }
  const { port, hostname } = options
  const isBehindProxy = settings.trustedProxies > 0
  const server = await listen(createApp(parts), { port, hostname, limits, isBehindProxy }, () =>
    metrics.cut.inc({ reason: 'connections' }),
  )
  let closed = false
  return {
    port: server.port,
    replace(targets) {
      if (!closed) upstreams.replace(targets)
    },
    async close(millis) {
      closed = true
      events.close()
      await server.close(millis)
      upstreams.close()
    },
  }
}
