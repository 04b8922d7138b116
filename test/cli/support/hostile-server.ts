import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a path is answered. */
export type Answer = (response: ServerResponse, url: URL) => void

export type HostileServer = {
  /** Of 127.0.0.1, without a slash at the end. */
  origin: string
  /** Paths that were asked for. */
  asked: string[]
  stop(): Promise<void>
}

/** A server that answers each path in its own way. */
export async function startHostileServer(answers: Record<string, Answer>): Promise<HostileServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    asked.push(url.pathname)
    const answer = answers[url.pathname]
    if (answer) answer(response, url)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
