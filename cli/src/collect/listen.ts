import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ListenError } from '../errors.ts'
import { defaultTimes, type ConnectionTimes } from './limits.ts'

export type ListenOptions = {
  host: string
  /** 0 takes any that is free. */
  port: number
  maxConnections: number
  times?: ConnectionTimes
}

/** A server that listens. */
export type Listening = {
  url: string
  /** Takes no more connections; resolves once those that are open have ended, or after a time. */
  close(millis: number): Promise<void>
}

/**
 * Serves a fetch-handler. Who is slow, or only holds connections, is cut off.
 *
 * @throws ListenError
 */
export async function listen(
  fetch: (request: Request) => Promise<Response>,
  { host, port, maxConnections, times = defaultTimes }: ListenOptions,
): Promise<Listening> {
  const { headMillis, requestMillis, idleMillis, stuckMillis, lookEvery } = times
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: headMillis,
      requestTimeout: requestMillis,
      keepAliveTimeout: idleMillis,
      connectionsCheckingInterval: lookEvery,
    },
  }) as Server
  server.maxConnections = maxConnections
  server.timeout = stuckMillis
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new ListenError(host, port, cause)
  }
  const { address, port: taken, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    async close(millis) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const timer = setTimeout(() => server.closeAllConnections(), millis)
      server.closeIdleConnections()
      await closed
      clearTimeout(timer)
    },
  }
}
