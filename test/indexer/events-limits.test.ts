/** Streams of events where readers are slow, or the indexer is away or says anything: over pages that this test makes, since no chain has as many. */
import { createIndexerClient, type OwnerEvent, watchOwnerEvents } from '@assay/sdk/query'
import { toHex } from 'viem'
import { expect, test } from 'vitest'
import { createByteStream } from '../../indexer/gateway/events/byte-stream.ts'
import { cursorText, earlier, isBefore, readCursor } from '../../indexer/events/cursor.ts'
import { startEventGateway } from './support/event-gateway.ts'

const owner = toHex(1, { size: 20 })
const word = (n: number) => toHex(n, { size: 32 })

/** An indexer of two chains: events of one in each block, from which a page takes what it is asked for. */
function indexerOf(count: number) {
  const state = { count, final: count, status: 200, live: true }
  const events = () =>
    Array.from({ length: state.count }, (_, i) => ({
      ...{ type: 'settlement', chainId: 7, blockNumber: String(i), place: `7-${i}-0` },
      ...{ logId: word(1), root: word(i + 1), first: String(i), count: '1', mode: 'inline' },
      ...{ signedByKey: true, dataDigest: word(9), dataState: 'available', settledAt: '5' },
      transactionHash: word(8),
    }))
  const ask = async (path: string) => {
    if (path === '/status') return Response.json(state)
    if (state.status !== 200) return new Response('', { status: state.status })
    const { searchParams } = new URL(path, 'http://x')
    const start = Number((readCursor(searchParams.get('after')!)!.get(7) ?? 0n) >> 64n)
    const limit = Number(searchParams.get('limit'))
    const items = events().slice(start, start + limit)
    const next = start + items.length
    return Response.json({
      ...{ items, after: `7-${Math.max(next, state.final)}-0.9-5-0`, more: next < state.count },
      ...(next < state.count ? { after: `7-${next}-0.9-5-0` } : {}),
      ...{ final: `7-${state.final}-0.9-5-0`, live: state.live },
      indexed: [{ chainId: 7, block: String(state.count) }],
    })
  }
  return { state, ask }
}

test('behavior: who reads nothing is let go, with no more waiting for it than a little', async () => {
  let ended = 0
  const stream = createByteStream(100, () => ended++)
  let written = 0
  while (!stream.ended) {
    await stream.write('x'.repeat(1_000))
    written += 1_000
  }
  expect(written).toBeLessThan(40_000)
  expect(ended).toBe(1)
  await stream.write('nothing')
  expect((await new Response(stream.body).text()).length).toBe(written)
})

test('behavior: what is quiet says so, and a cursor moves though nothing is told', async () => {
  const { state, ask } = indexerOf(3)
  const gateway = await startEventGateway('', { ask, heartbeatMillis: 200 })
  const ending = new AbortController()
  const response = await fetch(`${gateway.url}/owners/${owner}/events`, {
    headers: { accept: 'text/event-stream' },
    signal: ending.signal,
  })
  let text = ''
  const read = (async () => {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) text += piece
  })().catch(() => undefined)
  await expect.poll(() => text).toContain('\n:\n')
  expect(text).toContain('event: live\nid: 7-3-0.9-5-0\n')
  state.final = 90
  await expect.poll(() => text, { timeout: 5_000 }).toContain('event: live\nid: 7-90-0.9-5-0\n')
  ending.abort()
  await read
  await gateway.stop()
})

test('behavior: a history of any length is told in pages, each thing once, while the indexer is away now and then', async () => {
  const { state, ask } = indexerOf(2_600)
  state.final = 2_000
  const gateway = await startEventGateway('', { ask })
  const client = createIndexerClient({ url: `${gateway.url}/graphql` })
  const ending = new AbortController()
  const told: OwnerEvent[] = []
  const parameters = { owner, after: '0', retryMillis: 10, signal: ending.signal }
  for await (const event of watchOwnerEvents(client, parameters)) {
    told.push(event)
    if (told.length === 700) gateway.breakOff()
    if (told.length === 900) {
      state.status = 503
      setTimeout(() => (state.status = 200), 300)
    }
    if (event.type === 'live') ending.abort()
  }
  const places = told.flatMap((it) => (it.type === 'settlement' ? [it.place] : []))
  expect(places).toEqual(Array.from({ length: 2_600 }, (_, i) => `7-${i}-0`))
  expect(told.at(-1)).toEqual({ type: 'live', after: '7-2000-0.9-5-0' })
  await gateway.stop()
}, 30_000)

test('behavior: what is missing while rows are written anew is not removed', async () => {
  const { state, ask } = indexerOf(30)
  state.final = 10
  const gateway = await startEventGateway('', { ask })
  const client = createIndexerClient({ url: `${gateway.url}/graphql` })
  const ending = new AbortController()
  const types: string[] = []
  const parameters = { owner, after: '0', signal: ending.signal }
  const watching = (async () => {
    for await (const { type } of watchOwnerEvents(client, parameters)) types.push(type)
  })()
  await expect.poll(() => types).toContain('live')
  Object.assign(state, { live: false, count: 12 })
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  Object.assign(state, { live: true, count: 31 })
  await expect.poll(() => types.filter((it) => it === 'settlement')).toHaveLength(31)
  expect(types).not.toContain('removed')
  ending.abort()
  await watching
  await gateway.stop()
}, 30_000)

test('default: cursors', () => {
  const text = '1-5-0.31337-152-4'
  expect(cursorText(readCursor(text)!)).toBe(text)
  expect(cursorText(readCursor('31337-152-4.1-5-0')!)).toBe(text)
  expect(cursorText(readCursor('0')!)).toBe('0')
  const [a, b] = [readCursor('1-5-0.2-9-9')!, readCursor('1-4-7')!]
  expect(cursorText(earlier(a, b))).toBe('1-4-7')
  expect([isBefore(b, a), isBefore(a, b), isBefore(a, a)]).toEqual([true, false, false])
  for (const bad of [
    '',
    '1',
    '1-2',
    '1-2-3.',
    '01-2-3',
    '1-2-3.1-2-4',
    '1-2--3',
    'x-1-1',
    '1-1-1\n',
  ]) {
    expect(readCursor(bad), bad).toBe(undefined)
  }
})
