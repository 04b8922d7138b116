/** The collector beside a disk or a chain that does not follow, and at its end. */
import { fileJournal } from '@assay/sdk'
import { describe, expect, test } from 'vitest'
import { at, exchange, start, useSession } from './support/collecting.ts'

useSession()

describe('a disk that does not follow', () => {
  /** A journal whose writes wait, or fail, as long as it is told so. */
  function slowDisk(directory: string) {
    const disk = { state: 'well' as 'well' | 'waits' | 'fails' }
    const inner = fileJournal({ directory })
    const journal = Object.assign((place: Parameters<typeof inner>[0]) => {
      const opened = inner(place)
      return {
        ...opened,
        async sync() {
          while (disk.state === 'waits') await new Promise((resolve) => setTimeout(resolve, 5))
          if (disk.state === 'fails') throw new Error('EIO')
          await opened.sync()
        },
      }
    }, inner)
    return { disk, journal }
  }

  test('error: queue-full with Retry-After; what was taken is answered when the disk follows', async () => {
    const directory = await at.directory()
    const { disk, journal } = slowDisk(directory)
    const running = await start({ directory, limits: { maxQueue: 5, maxRecords: 5 }, journal })
    disk.state = 'waits'
    const taken = Promise.all([1, 2, 3].map(() => running.post(exchange)))
    await expect.poll(async () => (await running.ask('/v1/status')).json.waiting).toBe(3)
    const refused = await running.post([exchange, exchange, exchange])
    expect([refused.status, refused.json.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'queue-full',
      '1',
    ])
    disk.state = 'well'
    expect((await taken).map(({ status }) => status)).toEqual([201, 201, 201])
    expect((await running.post([exchange, exchange, exchange])).status).toBe(201)
    expect((await running.ask('/v1/status')).json).toMatchObject({ recorded: 6, dropped: 0 })
  })

  test('error: not-written while the journal fails; repeated under its key, it is one inference', async () => {
    const directory = await at.directory()
    const { disk, journal } = slowDisk(directory)
    const running = await start({ directory, journal })
    disk.state = 'fails'
    const keyed = { ...exchange, idempotencyKey: 'k' }
    const first = await running.post(keyed)
    expect([first.status, first.json.code, first.headers.get('retry-after')]).toEqual([
      503,
      'not-written',
      '2',
    ])
    const again = await running.post(keyed)
    expect([again.status, again.json.code]).toEqual([503, 'not-written'])
    expect((await running.ask('/health')).json).toEqual({ status: 'stalled' })
    disk.state = 'well'
    await expect.poll(async () => (await running.post(keyed)).status, { timeout: 15_000 }).toBe(200)
    expect((await running.ask('/health')).json).toEqual({ status: 'ok' })
    expect((await running.post(exchange)).json.sequence).toBe('1')
    expect((await running.ask('/v1/status')).json).toMatchObject({ recorded: 2, dropped: 0 })
  })
})

test('behavior: a chain that is away costs nothing; a flush says what stops it, without its address', async () => {
  const running = await start({
    recorder: { rpcUrl: 'http://127.0.0.1:1/v2/s3cr3t-value', exportTimeoutMillis: 1_000 },
  })
  const { json } = await running.post(exchange)
  const flushed = await running.ask('/v1/flush', { method: 'POST' })
  expect([flushed.status, flushed.json.code]).toEqual([503, 'not-settled'])
  expect(flushed.json.detail).toContain('RpcUnreachableError')
  const statusOf = async () => (await running.ask('/v1/status')).json
  await expect
    .poll(statusOf, { timeout: 10_000 })
    .toMatchObject({ pending: 1, lastError: 'RpcUnreachableError' })
  const status = await statusOf()
  const receipt = await running.ask(`/v1/inferences/${json.inferenceId}/receipt`, {
    headers: { prefer: 'wait=1' },
  })
  expect(receipt.status).toBe(202)
  expect(JSON.stringify([flushed.json, status, receipt.json])).not.toContain('s3cr3t')
})

test('error: ending: nothing more is taken, and who waits for the chain is let go', async () => {
  const running = await start({ recorder: { scheduledDelayMillis: 60_000 } })
  const { json } = await running.post(exchange)
  const waiting = running.ask(`/v1/inferences/${json.inferenceId}/receipt`, {
    headers: { prefer: 'wait=60' },
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  running.collector.end()
  expect((await waiting).status).toBe(202)
  const refused = await running.post(exchange)
  expect([refused.status, refused.json.code]).toEqual([503, 'ending'])
  expect((await running.ask('/health')).status).toBe(503)
})
