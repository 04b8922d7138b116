/**
 * Tells Ponder of new blocks over WebSocket. By itself it hears only of blocks that come after it has subscribed: on a quiet chain it
 * would index nothing until the next one, and so it would after a connection that broke, a reorganization, or a gap of more than fifty
 * blocks. Here it subscribes to this instead, which passes on what the endpoint announces at once, and tells of the latest block again
 * as often as an endpoint would be polled. A block that Ponder knows costs it nothing.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { askRpc } from './rpc.ts'

export type HeadsOptions = {
  /** Endpoint that announces blocks. */
  wsUrl: string
  /** Endpoints to ask for the latest block: one, until it fails, since two may be some blocks apart. */
  rpcUrls: readonly string[]
  /** Milliseconds between askings. */
  pollingInterval: number
}

const timeoutMillis = 5_000
/** As often in a row an endpoint has to give a block below one that was announced, until that counts as the chain's having gone back. */
const goneBackAfter = 3
/** Of the one request that there is: to subscribe. */
const maxRequestBytes = 4_096

/**
 * Serves new blocks on a port of the loopback interface. Asks nobody until somebody subscribes, and keeps no process alive.
 *
 * @returns The URL to subscribe at.
 */
export async function serveHeads(options: HeadsOptions): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve).unref()
  })
  // Pages in a browser of this machine could reach it; they always say where they come from.
  const verifyClient = ({ origin }: { origin?: string }) => !origin
  const sockets = new WebSocketServer({ server, verifyClient, maxPayload: maxRequestBytes })
  sockets.on('connection', (client) => {
    client.once('message', (data: Buffer) => {
      const id = idOf(data.toString())
      if (id === undefined) return client.close()
      client.send(JSON.stringify({ jsonrpc: '2.0', id, result: subscription }))
      const stop = announce(options, (head) => {
        const params = { subscription, result: head }
        client.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }))
      })
      client.once('close', stop)
    })
    client.on('error', () => client.close())
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const subscription = '0x1'

/** Calls back with each block that an endpoint announces or gives. @returns What ends it. */
function announce(
  { wsUrl, rpcUrls, pollingInterval }: HeadsOptions,
  onHead: (head: object) => void,
): () => void {
  let ended = false
  let socket: WebSocket | undefined
  let asking = false
  let turn = 0
  /** Number of the last block passed on. */
  let last = -1
  let lower = 0

  function pass(head: object) {
    last = numberOf(head) ?? last
    lower = 0
    onHead(head)
  }

  async function ask() {
    // One at a time: while an endpoint is down, nothing piles up.
    if (asking) return
    asking = true
    const url = rpcUrls[turn % rpcUrls.length]!
    try {
      const block = await askRpc(url, 'eth_getBlockByNumber', ['latest', false], timeoutMillis)
      const head = headerOf(block)
      // Asked for before another was announced, or of an endpoint that is behind: Ponder would take rows back.
      if (head && (numberOf(head) ?? last) < last && ++lower < goneBackAfter) return
      if (head && !ended) pass(head)
    } catch {
      // The next one soon; Ponder's own requests say what is wrong.
      turn++
    } finally {
      asking = false
    }
  }

  function listen() {
    if (ended) return
    socket = new WebSocket(wsUrl, { handshakeTimeout: timeoutMillis })
    socket.on('open', () => {
      socket?.send(
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }),
      )
    })
    socket.on('message', (data: Buffer) => {
      const head = headOf(data.toString())
      if (head !== undefined) pass(head)
    })
    socket.on('error', () => socket?.terminate())
    socket.on('close', () => setTimeout(listen, pollingInterval).unref())
  }

  listen()
  void ask()
  const timer = setInterval(() => void ask(), pollingInterval)
  return () => {
    ended = true
    clearInterval(timer)
    socket?.terminate()
  }
}

/** The id of a request; undefined if it is none. */
function idOf(text: string): number | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown }
    return typeof id === 'number' ? id : undefined
  } catch {
    return undefined
  }
}

function headOf(text: string): object | undefined {
  try {
    const { method, params } = JSON.parse(text) as {
      method?: string
      params?: { result?: unknown }
    }
    return method === 'eth_subscription' ? headerOf(params?.result) : undefined
  } catch {
    return undefined
  }
}

function numberOf(head: object): number | undefined {
  const { number } = head as { number?: unknown }
  return typeof number === 'string' ? Number(number) : undefined
}

/** A block without its transactions, as it is announced; undefined if it is none. */
function headerOf(block: unknown): object | undefined {
  if (typeof block !== 'object' || block === null || !('hash' in block)) return undefined
  return { ...block, transactions: undefined }
}
