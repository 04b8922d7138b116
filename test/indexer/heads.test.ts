import { once } from 'node:events'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveHeads } from '../../indexer/heads.ts'
import { type LocalChain, startChain } from './support/chain.ts'

let chain: LocalChain
let url: string
beforeAll(async () => {
  chain = await startChain()
  const { wsUrl, rpcUrl } = chain
  url = await serveHeads({ wsUrl, rpcUrls: [rpcUrl], pollingInterval: 1_000 })
})
afterAll(() => chain.stop())

type Told = { id?: number; params?: { result: { number: string } } }

/** Subscribes; gives what is told next, as often as it is asked for. */
async function subscribe() {
  const socket = new WebSocket(url)
  const told: Told[] = []
  socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as Told))
  await once(socket, 'open')
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'eth_subscribe' }))
  return { socket, told }
}

test('default: the latest block is told at once, and each new one', async () => {
  const { socket, told } = await subscribe()
  const last = await chain.client.getBlockNumber()
  const numbers = () => told.flatMap(({ params }) => (params ? [BigInt(params.result.number)] : []))
  await expect.poll(numbers).toContain(last)
  expect(told[0]?.id).toBe(7)
  await chain.client.mine({ blocks: 1 })
  await expect.poll(numbers).toContain(last + 1n)
  socket.terminate()
})

test.each(['no JSON', 'null', '{"id":"7"}', 'x'.repeat(100_000)])(
  'error: what is no request ends its own connection, and nothing else: %.12s',
  async (text) => {
    const stranger = new WebSocket(url)
    await once(stranger, 'open')
    stranger.send(text)
    await once(stranger, 'close')
    const { socket, told } = await subscribe()
    await expect.poll(() => told.length).toBeGreaterThan(0)
    socket.terminate()
  },
)

test('error: a page is refused', async () => {
  const page = new WebSocket(url, { origin: 'https://page.example' })
  const [error] = (await once(page, 'error')) as [Error]
  expect(error.message).toContain('401')
})
