import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { limitConnections } from './limits/connections.ts'
import type { GatewayLimits } from './limits/limits.ts'
import type { GatewayEnv } from './parts.ts'

const lookMillis = 1_000
/** More than the address line may have, so that it is said what is too long. */
const maxHeadBytes = 32 * 1024

/** A server that listens. */
export type Listening = {
  port: number
  /** Takes no more connections; resolves once those that are open have ended, after `millis` at most. */
  close(millis: number): Promise<void>
}

/**
 * Serves an app. Who is slow to ask, or only holds connections, is cut off.
 *
 * @param tell - Called for each connection that was one too many of its address.
 * @throws What the system says, with its `code`, where the port can't be had.
 */
export async function listen(
  app: Hono<GatewayEnv>,
  options: { port: number; hostname: string; limits: GatewayLimits; isBehindProxy: boolean },
  tell: () => void,
): Promise<Listening> {
  const { port, hostname, limits, isBehindProxy } = options
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: limits.headMillis,
      requestTimeout: limits.requestMillis,
      keepAliveTimeout: limits.idleMillis,
      connectionsCheckingInterval: lookMillis,
      maxHeaderSize: maxHeadBytes,
    },
  }) as Server
  server.maxConnections = limits.connections
  // Of those that are too many it is said so.
  server.maxHeadersCount = limits.headers * 4
  if (!isBehindProxy) limitConnections(server, limits.connectionsPerClient, tell)
  server.listen(port, hostname)
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    async close(millis) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const timer = setTimeout(() => server.closeAllConnections(), millis)
      server.closeIdleConnections()
      await closed
      clearTimeout(timer)
    },
  }
}
