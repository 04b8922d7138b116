import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A host of batch data on the loopback interface that answers each path as told, however bad. */
export type BatchHost = {
  url: string
  /** @returns The URL at which it answers so. */
  at(path: string, answer: Uint8Array | RequestListener): string
  /** Paths that were asked for, in order. */
  asked: string[]
  stop(): Promise<void>
}

export async function startBatchHost(): Promise<BatchHost> {
  const answers = new Map<string, RequestListener>()
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    response.on('error', () => undefined)
    const answer = answers.get(path)
    if (answer) answer(request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked,
    at(path, answer) {
      answers.set(
        path,
        answer instanceof Uint8Array ? (_, response) => void response.end(answer) : answer,
      )
      return `${url}${path}`
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
