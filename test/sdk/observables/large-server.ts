/**
 * A server that runs as a process of its own, so that its memory is not the recorder's. It takes a body of any size and answers with
 * what came; asked for `?send=N`, with N bytes of events. Of a request with `?hold` it reads nothing until a GET. Prints its address.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const piece = Buffer.alloc(64 * 2 ** 10, 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n')

/** What waits for a GET. */
const held: (() => void)[] = []

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    for (const read of held.splice(0)) read()
    return void response.end()
  }
  const { searchParams } = new URL(request.url ?? '', 'http://localhost')
  const hash = createHash('sha256')
  let length = 0
  const read = () => {
    request.on('data', (some: Buffer) => {
      length += some.length
      hash.update(some)
    })
    request.on('end', () => {
      if (searchParams.has('send')) return send(Number(searchParams.get('send')))
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: 'large', length, sha256: hash.digest('hex') }))
    })
  }
  if (searchParams.has('hold')) held.push(read)
  else read()

  function send(size: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const more = () => {
      while (sent < size && !response.destroyed) {
        sent += piece.length
        if (!response.write(piece)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  }
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
