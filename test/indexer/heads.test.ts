import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toHex } from 'viem'
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

test('behavior: an endpoint that is behind the announcements is not taken for a chain that went back, at once', async () => {
  const behind = createServer((_, response) => {
    const result = { number: '0x1', hash: toHex(1n, { size: 32 }) }
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
    asked++
  })
  let asked = 0
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve))
  const rpcUrl = `http://127.0.0.1:${(behind.address() as AddressInfo).port}`
  url = await serveHeads({ wsUrl: chain.wsUrl, rpcUrls: [rpcUrl], pollingInterval: 400 })
  const { socket, told } = await subscribe()
  const numbers = () => told.flatMap(({ params }) => (params ? [Number(params.result.number)] : []))
  await expect.poll(numbers).toEqual([1])
  await chain.client.mine({ blocks: 1 })
  const next = Number(await chain.client.getBlockNumber())
  await expect.poll(numbers).toEqual([1, next])
  const from = asked
  await expect.poll(numbers, { timeout: 5_000 }).toEqual([1, next, 1])
  expect(asked - from).toBeGreaterThanOrEqual(2)
  socket.terminate()
  behind.close()
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
