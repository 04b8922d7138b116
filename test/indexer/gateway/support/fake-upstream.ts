import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server in the place of an indexer's process: the gateway's side of it is what is tested. */
export async function startUpstream(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end('{"data":{}}'),
  port = 0,
) {
  const seen: string[] = []
  const server = createServer((request, response) => {
    if (/^\/(?:health|status|metrics|assay\/\w+)$/.test(request.url!)) {
      response.end('{}')
      return
    }
    seen.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const taken = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    /** What it was asked, but for its health. */
    seen,
    /** As when the process dies: connections break. */
    async kill() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
    },
  }
}

/** The body of a request or of an answer, as it came. */
export async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The body of a request, as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  return (await bytesOf(request)).toString()
}
