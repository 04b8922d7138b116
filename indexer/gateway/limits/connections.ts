import type { Server } from 'node:http'
import { networkOf } from './client-address.ts'

/** Ends connections beyond so many of one address. Behind a proxy all come from that, so that it is left out there. */
export function limitConnections(server: Server, perClient: number, tell: () => void): void {
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const client = networkOf(socket.remoteAddress ?? '') ?? 'unknown'
    const count = (open.get(client) ?? 0) + 1
    open.set(client, count)
    socket.once('close', () => {
      const left = open.get(client)! - 1
      if (left > 0) open.set(client, left)
      else open.delete(client)
    })
    if (count > perClient) {
      tell()
      socket.destroy()
    }
  })
}
