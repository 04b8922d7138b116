import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import type { AddressInfo } from 'node:net'
import {
  acceptsStream,
  ownerEvents,
  type OwnerEventsOptions,
} from '../../../indexer/gateway/events/handler.ts'

export type EventGateway = Awaited<ReturnType<typeof startEventGateway>>

/** Events of owners, served over HTTP in front of an indexer that may be away. */
export async function startEventGateway(
  indexerUrl: string,
  options: Partial<OwnerEventsOptions> = {},
) {
  const asked: string[] = []
  const events = ownerEvents({
    async ask(path, init) {
      asked.push(path)
      const response = await fetch(`${indexerUrl}${path}`, init)
      // As the indexer behind its own gateway says it: nothing of it changes but with a block.
      if (path !== '/status') return response
      return Response.json(((await response.json()) as { chains: unknown }).chains)
    },
    clientOf: (c) => c.req.header('x-client') ?? 'somebody',
    ...options,
  })
  const app = new Hono().get('/owners/:address/events', (c) =>
    acceptsStream(c.req.header('accept'))
      ? events.handler(c)
      : fetch(`${indexerUrl}${c.req.path}${new URL(c.req.url).search}`, {
          headers: { 'accept-encoding': 'identity' },
        }),
  )
  const server = await new Promise<ServerType>((resolve) => {
    const it: ServerType = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () =>
      resolve(it),
    )
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked,
    events,
    /** Breaks all connections off. */
    breakOff() {
      if ('closeAllConnections' in server) server.closeAllConnections()
    },
    async stop() {
      events.close()
      this.breakOff()
      await new Promise((closed) => server.close(closed))
    },
  }
}
