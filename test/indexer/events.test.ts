/** What happens to an owner, as pages and as a stream, from a chain on which much has happened. */
import { createIndexerClient, type OwnerEvent, watchOwnerEvents } from '@assay/sdk/query'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EventGateway, startEventGateway } from './support/event-gateway.ts'
import {
  auditor,
  type EventfulChain,
  startEventfulChain,
  stranger,
} from './support/eventful-chain.ts'
import { lostKey, owner, publisher } from './support/indexed-chain.ts'

let world: EventfulChain
let gateway: EventGateway
beforeAll(async () => {
  world = await startEventfulChain()
  gateway = await startEventGateway(world.indexer.url, { maxStreamsOfClient: 3, maxStreams: 5 })
}, 240_000)
afterAll(async () => {
  await gateway.stop()
  await world.stop()
})

type Page = {
  items: Record<string, unknown>[]
  after: string
  more: boolean
  final: string
  error?: string
}
const urlOf = (address: string, query = '') => `${gateway.url}/owners/${address}/events${query}`
const pageOf = async (address: string, query = '') =>
  (await (await fetch(urlOf(address, query))).json()) as Page

/** Opens a stream as a browser would, and gathers what it says. */
async function listen(address: string, query = '', headers: Record<string, string> = {}) {
  const ending = new AbortController()
  const response = await fetch(urlOf(address, query), {
    headers: { accept: 'text/event-stream', ...headers },
    signal: ending.signal,
  })
  const messages: EventSourceMessage[] = []
  const comments: string[] = []
  const parser = createParser({
    onEvent: (it) => messages.push(it),
    onComment: (it) => comments.push(it),
  })
  const ended = (async () => {
    const decoder = new TextDecoder()
    for await (const piece of response.body!) parser.feed(decoder.decode(piece, { stream: true }))
  })().catch(() => undefined)
  const names = () => messages.map(({ event }) => event)
  return { response, messages, comments, names, ended, stop: () => ending.abort() }
}

describe('pages', () => {
  test('default: settlements and verdicts, in the order of the chain', async () => {
    const { items, after, more } = await pageOf(owner.address)
    expect(more).toBe(false)
    const settlements = items.filter(({ type }) => type === 'settlement')
    expect(settlements.map(({ root }) => root)).toEqual(world.sent.map(({ batch }) => batch.root))
    expect(items.filter(({ type }) => type === 'verdict')).toMatchObject([
      { verdictId: world.verdictIds[2], subjectKind: 'inference', tag: 'replay', score: 0 },
    ])
    expect(items.map(({ blockNumber }) => Number(blockNumber))).toEqual(
      items.map(({ blockNumber }) => Number(blockNumber)).sort((a, b) => a - b),
    )
    expect((await pageOf(owner.address, `?after=${after}`)).items).toEqual([])
  })

  test('behavior: on models and environments, posted again or withdrawn where that stands', async () => {
    const { items } = await pageOf(publisher.address)
    const [onModel, onEnvironment] = [world.verdictIds[0], world.verdictIds[1]]
    expect(items).toMatchObject([
      { verdictId: onEnvironment, withdrawnAt: expect.stringMatching(/^\d+$/) },
      { verdictId: onModel, withdrawnAt: null },
    ])
  })

  test('behavior: page by page they are the same', async () => {
    const whole = await pageOf(owner.address)
    const found: unknown[] = []
    for (let after = '0', more = true; more;) {
      const page = await pageOf(owner.address, `?limit=2&after=${after}`)
      found.push(...page.items)
      ;({ after, more } = page)
    }
    expect(found).toEqual(whole.items)
  })

  test.each([
    [400, 'no-address', ''],
    [400, owner.address, '?after=1'],
    [400, owner.address, '?after=1-2-3.1-2-3'],
    [400, owner.address, '?after=1-2-4294967296'],
    [400, owner.address, '?limit=0'],
    [400, owner.address, '?limit=1001'],
    [400, owner.address, '?from=0'],
  ])('error: %i for %s with %s', async (status, address, query) => {
    const response = await fetch(urlOf(address, query))
    expect(response.status).toBe(status)
    expect(((await response.json()) as Page).error).toBeTypeOf('string')
  })
})

describe('streams', () => {
  test('default: all from a cursor on, then what comes, each with the cursor to come back with', async () => {
    const { items } = await pageOf(owner.address)
    const stream = await listen(owner.address, '?after=0')
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream')
    await expect.poll(stream.names).toContain('live')
    const told = stream.messages.filter(({ event }) => event !== 'replay' && event !== 'live')
    expect(told.map(({ data }) => (JSON.parse(data) as { place: string }).place)).toEqual(
      items.map(({ place }) => place),
    )
    expect(stream.names()[0]).toBe('replay')
    const batch = await settleOne(40n)
    await expect.poll(() => stream.messages.at(-1)?.data, { timeout: 10_000 }).toContain(batch.root)
    stream.stop()
    // From the last cursor on only what was not final then.
    const { id } = stream.messages.at(-1)!
    const again = await listen(owner.address, '', { 'last-event-id': id! })
    await expect.poll(again.names).toContain('live')
    expect(again.messages.some(({ data }) => data.includes(batch.root))).toBe(true)
    expect(again.messages[0]?.id).toBe(id)
    again.stop()
  })

  test('behavior: a reorganization: what is gone is removed, what came is told', async () => {
    const { chain, indexer } = world
    const stream = await listen(owner.address)
    await expect.poll(stream.names).toContain('live')
    const snapshot = await chain.client.snapshot()
    const gone = await settleOne(41n)
    await indexer.waitForBlock(await chain.client.getBlockNumber())
    await expect.poll(() => stream.messages.at(-1)?.data).toContain(gone.root)
    await chain.client.revert({ id: snapshot })
    const came = await settleOne(42n)
    await chain.client.mine({ blocks: 3 })
    const last = (name: string) => stream.messages.findLast(({ event }) => event === name)?.data
    await expect.poll(() => last('settlement'), { timeout: 20_000 }).toContain(came.root)
    await expect.poll(() => last('removed'), { timeout: 20_000 }).toContain(gone.root)
    stream.stop()
  })

  test('behavior: however many listen to an owner, it is asked for once', async () => {
    const streams = await Promise.all(
      ['x', 'y', 'z'].map((client) => listen(stranger.address, '', { 'x-client': client })),
    )
    await Promise.all(streams.map((it) => expect.poll(it.names).toContain('live')))
    expect(gateway.events.counts()).toMatchObject({ owners: 1, streams: 3 })
    gateway.asked.length = 0
    await world.chain.client.mine({ blocks: 1 })
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const asked = gateway.asked.filter((path) => path.startsWith('/owners'))
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.length).toBeLessThanOrEqual(2)
    for (const it of streams) it.stop()
    await expect.poll(() => gateway.events.counts()).toEqual({ owners: 0, streams: 0 })
  })

  test('behavior: so many of a client, and so many in all', async () => {
    const open = (client: string) => listen(owner.address, '', { 'x-client': client })
    const streams = [await open('a'), await open('a'), await open('a')]
    expect((await open('a')).response.status).toBe(429)
    streams.push(await open('b'), await open('b'))
    const refused = await open('c')
    expect([refused.response.status, refused.response.headers.get('retry-after')]).toEqual([
      503,
      '10',
    ])
    for (const it of streams) it.stop()
    await expect.poll(() => gateway.events.counts().streams).toBe(0)
    expect((await listen(owner.address, '?after=x')).response.status).toBe(400)
  })

  test('behavior: from TypeScript', async () => {
    const client = createIndexerClient({ url: `${gateway.url}/graphql` })
    const ending = new AbortController()
    const events: OwnerEvent[] = []
    const parameters = { owner: owner.address, after: '0', signal: ending.signal }
    for await (const event of watchOwnerEvents(client, parameters)) {
      events.push(event)
      if (event.type === 'live') ending.abort()
    }
    expect(events.filter(({ type }) => type === 'settlement').length).toBeGreaterThan(4)
    const bad = watchOwnerEvents(client, { owner: owner.address, after: 'x' })
    await expect(bad.next()).rejects.toThrow('status 400')
  })
})

test('behavior: thousands of verdicts of somebody on anything: pages are short, and say that there is more', async () => {
  const { chain, indexer } = world
  const before = await pageOf(publisher.address)
  const { verdicts } = chain.as(auditor)
  for (let i = 0; i < 8; i++) {
    const many = Array.from({ length: 300 }, (_, j) => ({
      ...{ subjectKind: j % 3, subject: toHex(1_000 * (i + 1) + j, { size: 32 }), score: 1 },
      ...{ tag: 'anything', evidenceDigest: zeroHash, uri: '' },
    }))
    await chain.mined(await verdicts.write.post([many]))
  }
  const verdict = { subjectKind: 0, subject: world.modelId, score: 3, tag: 'last' }
  await chain.mined(
    await verdicts.write.post([[{ ...verdict, evidenceDigest: zeroHash, uri: '' }]]),
  )
  await indexer.waitForBlock(await chain.client.getBlockNumber())
  const first = await pageOf(publisher.address)
  expect(first).toMatchObject({ items: before.items, more: true })
  const rest = await pageOf(publisher.address, `?after=${first.after}`)
  expect(rest).toMatchObject({ items: [{ tag: 'last', subject: world.modelId }], more: false })
}, 60_000)

/** A batch of one inference, in a log of its own. */
async function settleOne(instance: bigint) {
  const { settle, sent } = world
  await settle(lostKey, owner, instance, 0n, 1)
  return sent.at(-1)!.batch
}
