import { describe, expect, test } from 'vitest'
import { watchRecovery } from '../../../indexer/gateway/recovery.ts'
import type { GatewayLimits } from '../../../indexer/gateway/limits/limits.ts'
import { rowsHeader, type RowsState } from '../../../indexer/rows-state.ts'
import { startUpstream } from './support/fake-upstream.ts'
import { startGateway } from './support/start-gateway.ts'

const headerOf = (state: Partial<RowsState>) =>
  JSON.stringify({ live: true, run: 'first', from: state.reach ?? {}, reach: {}, ...state })
const of = (state: Partial<RowsState>) => new Headers({ [rowsHeader]: headerOf(state) })
const run = 'second'

/** A gateway before an indexer whose rows went to block 10. */
async function startBefore(limits: Partial<GatewayLimits> = {}, readers = 1) {
  let state: Partial<RowsState> = { reach: { 1: [10, 0] } }
  const upstream = await startUpstream((_, response) => {
    response.setHeader(rowsHeader, headerOf(state))
    response.end(JSON.stringify(state.reach))
  })
  const target = { url: upstream.url, role: 'reader' } as const
  const gateway = await startGateway(Array<typeof target>(readers).fill(target), { limits })
  await expect.poll(async () => (await gateway.get('/inferences')).status).toBe(200)
  return {
    ...{ get: () => gateway.get('/inferences'), seen: upstream.seen },
    /** The writer was started anew, and its rows go to a block. */
    goes: (block: number) => (state = { run, reach: { 1: [block, 0] } }),
    async stop() {
      await gateway.stop()
      await upstream.kill()
    },
  }
}

describe('answers of a writer that was started anew', () => {
  test('default: none is given out until all is back that was there before', () => {
    const { accepts } = watchRecovery()
    expect(accepts(of({ reach: { 1: [10, 70], 2: [5, 0] } }))).toBe(true)
    // The writer is away; then it takes back, and reads again what was final, and the rest.
    expect(accepts(of({ run: '', reach: { 1: [10, 70], 2: [5, 0] } }))).toBe(true)
    expect(accepts(of({ live: false, run: '', reach: { 1: [10, 30], 2: [5, 0] } }))).toBe(false)
    expect(accepts(of({ live: false, run, reach: { 1: [10, 30], 2: [5, 0] } }))).toBe(false)
    expect(accepts(of({ run, reach: { 1: [4, 30], 2: [5, 0] } }))).toBe(false)
    expect(accepts(of({ run, reach: { 1: [12, 70] } }))).toBe(false)
    // All blocks, and not all that was loaded beside them.
    expect(accepts(of({ run, reach: { 1: [12, 69], 2: [5, 0] } }))).toBe(false)
    expect(accepts(of({ run, reach: { 1: [12, 70], 2: [5, 0] } }))).toBe(true)
  })

  test('behavior: what was read before the last block was back is not, however far the rows go by now', () => {
    let time = 0
    const { accepts } = watchRecovery(() => time)
    const early = of({ run, from: { 1: [9, 0] }, reach: { 1: [10, 0] } })
    expect(accepts(of({ reach: { 1: [10, 0] } }))).toBe(true)
    expect(accepts(early)).toBe(false)
    expect(accepts(of({ run, reach: { 1: [10, 0] } }))).toBe(true)
    // Others that were asked before have all by now; this one was under way.
    expect(accepts(early)).toBe(false)
    expect(accepts(of({ run, from: { 1: [10, 0] }, reach: { 1: [11, 0] } }))).toBe(true)
    time += 10_000
    expect(accepts(early)).toBe(true)
  })

  test('behavior: what the chain itself takes back is given out', () => {
    let time = 0
    const { accepts } = watchRecovery(() => time)
    expect(accepts(of({ reach: { 1: [10, 70] } }))).toBe(true)
    for (const seconds of [0, 1, 1]) {
      time += 1_000 * seconds
      expect(accepts(of({ reach: { 1: [7, 40] } }))).toBe(true)
    }
    expect(accepts(of({ run: '', reach: { 1: [7, 40] } }))).toBe(true)
    expect(accepts(of({ run, reach: { 1: [7, 40] } }))).toBe(true)
  })

  test('behavior: one that was overtaken by a later one is no measure', () => {
    const { accepts } = watchRecovery()
    for (const block of [9, 10, 9]) expect(accepts(of({ reach: { 1: [block, 0] } }))).toBe(true)
    expect(accepts(of({ run, reach: { 1: [9, 0] } }))).toBe(false)
    expect(accepts(of({ run, reach: { 1: [10, 0] } }))).toBe(true)
  })

  test('behavior: a chain that has become shorter meanwhile is answered after a minute', () => {
    let time = 0
    const { accepts } = watchRecovery(() => time)
    accepts(of({ reach: { 1: [10, 0] } }))
    expect(accepts(of({ run, reach: { 1: [7, 0] } }))).toBe(false)
    time += 59_999
    expect(accepts(of({ run, reach: { 1: [7, 0] } }))).toBe(false)
    time += 1
    expect(accepts(of({ run, reach: { 1: [7, 0] } }))).toBe(true)
    expect(accepts(of({ run, reach: { 1: [7, 0] } }))).toBe(true)
  })

  test('behavior: what is read for the first time is answered as far as it goes, and what tells nothing too', () => {
    const { accepts } = watchRecovery()
    for (let block = 0; block < 5; block++) {
      expect(accepts(of({ live: false, reach: { 1: [block, 0] } }))).toBe(true)
    }
    expect(accepts(new Headers())).toBe(true)
  })

  test('behavior: who asks meanwhile waits for the rows, and is told when they do not come', async () => {
    const gateway = await startBefore({ recoveryMillis: 500 })
    try {
      gateway.goes(4)
      const refused = await gateway.get()
      expect(refused.status).toBe(503)
      expect(refused.headers.get('retry-after')).toBe('3')
      expect(await refused.json()).toMatchObject({ code: 'catching-up' })
      setTimeout(() => gateway.goes(11), 200)
      const answer = await gateway.get()
      expect(await answer.json()).toEqual({ 1: [11, 0] })
      expect(answer.headers.has(rowsHeader)).toBe(false)
    } finally {
      await gateway.stop()
    }
  })

  test('behavior: whose turn does not come meanwhile is told the same, not to ask for less', async () => {
    const gateway = await startBefore({ perUpstream: 1, timeoutMillis: 500 })
    try {
      gateway.goes(4)
      for (const answer of await Promise.all([1, 2, 3].map(gateway.get))) {
        expect(await answer.json()).toMatchObject({ code: 'catching-up' })
      }
    } finally {
      await gateway.stop()
    }
  })

  test('behavior: however many wait, it is asked ten times a second whether the rows are back, and all are answered once they are', async () => {
    const gateway = await startBefore({}, 5)
    const { seen } = gateway
    try {
      gateway.goes(4)
      seen.length = 0
      const held = Array.from({ length: 40 }, gateway.get)
      await expect.poll(() => seen.length).toBeGreaterThanOrEqual(8)
      const [before, began] = [seen.length, performance.now()]
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const times = (performance.now() - began) / 100
      expect(seen.length - before).toBeGreaterThan(3)
      expect(seen.length - before).toBeLessThan(times + 40)
      gateway.goes(11)
      expect((await Promise.all(held)).map(({ status }) => status)).toEqual(held.map(() => 200))
    } finally {
      await gateway.stop()
    }
  })
})
