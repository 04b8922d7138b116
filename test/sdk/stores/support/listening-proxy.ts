import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A line between a client and a server, over which all that is said is kept. */
export type ListeningProxy = {
  url: string
  /** Every byte that the client sent, headers included. */
  sent(): Buffer
  stop(): Promise<void>
}

/** @param target - The server, by a URL of http. */
export async function listenBefore(target: string): Promise<ListeningProxy> {
  const { hostname, port } = new URL(target)
  const sent: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const behind = connect(Number(port), hostname)
    for (const socket of [client, behind]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        behind.destroy()
      })
    }
    client.on('data', (piece: Buffer) => sent.push(piece))
    client.pipe(behind)
    behind.pipe(client)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => Buffer.concat(sent),
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
