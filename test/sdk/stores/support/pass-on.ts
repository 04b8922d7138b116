import { request } from 'node:http'
import type { Call } from '../../observables/server.ts'

/** Hands a request on to the server behind, as it came, and its answer back. */
export function passOn({ request: incoming, response, body }: Call, target: string): Promise<void> {
  const { hostname, port } = new URL(target)
  const { method, url, rawHeaders } = incoming
  return new Promise((resolve, reject) => {
    const onward = request({ hostname, port, method, path: url, headers: rawHeaders, agent: false })
    onward.on('error', reject)
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders)
      answer.pipe(response)
      answer.on('end', resolve).on('error', reject)
    })
    onward.end(body)
  })
}
