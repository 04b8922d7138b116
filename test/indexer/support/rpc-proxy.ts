import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/**
 * How an endpoint behaves: `stale` answers about the latest block as it was when that began; `missing` announces blocks, and has none of
 * them, in a way that is not worth asking again.
 */
export type RpcBehaviour = 'up' | 'down' | 'erring' | 'garbled' | 'slow' | 'stale' | 'missing'

type Call = { id: unknown; method: string; params: unknown[] }

const slowMillis = 1_500

/** An endpoint between an indexer and its chain, by HTTP and WebSocket, that misbehaves when told to. */
export async function startRpcProxy(rpcUrl: string) {
  const { port: chainPort } = new URL(rpcUrl)
  const sockets = new Set<Socket>()
  let behaviour: RpcBehaviour = 'up'
  let staleBlock = '0x0'

  const forward = async (body: string) =>
    (
      await fetch(rpcUrl, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    ).text()

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const send = (text: string, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(text)
    }
    if (behaviour === 'down') return request.socket.destroy()
    if (behaviour === 'missing') return send('{}', 404)
    if (behaviour === 'garbled') return send('{"jsonrpc":')
    if (behaviour === 'erring') {
      const { id } = JSON.parse(body) as Call
      return send(
        JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: 'busy' } }),
        503,
      )
    }
    if (behaviour === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMillis))
    return send(await forward(behaviour === 'stale' ? asOf(body) : body))
  }

  /** The call as it would have been answered at the stale block. */
  function asOf(body: string): string {
    const call = JSON.parse(body) as Call
    if (call.method === 'eth_blockNumber') {
      return JSON.stringify({
        ...call,
        method: 'eth_getBlockByNumber',
        params: [staleBlock, false],
      })
    }
    return JSON.stringify({
      ...call,
      params: call.params.map((it) => (it === 'latest' ? staleBlock : it)),
    })
  }

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => request.socket.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket: Socket) => {
    if (behaviour !== 'up' && behaviour !== 'stale') return socket.destroy()
    const upstream = connect(Number(chainPort), '127.0.0.1', () => {
      const headers = request.rawHeaders.flatMap((it, i) =>
        i % 2 ? [] : [`${it}: ${request.rawHeaders[i + 1]}`],
      )
      upstream.write(`GET / HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    async behave(next: RpcBehaviour) {
      if (next === 'stale') {
        const call = { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }
        staleBlock = (JSON.parse(await forward(JSON.stringify(call))) as { result: string }).result
      }
      behaviour = next
      // What is open may not go on as before.
      if (next !== 'up' && next !== 'missing') for (const socket of sockets) socket.destroy()
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
