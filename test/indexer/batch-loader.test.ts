/** Data of external batches, from hosts that are slow, hostile, or gone: what is loaded is right, and nobody waits for another's host. */
import { readdir, rm } from 'node:fs/promises'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { dataDigestOf, rootOfData } from '@assay/sdk/formats'
import { fileStore } from '@assay/sdk/stores'
import { toHex, zeroHash } from 'viem'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type BatchLoader, createBatchLoader } from '../../indexer/batches/batch-loader.ts'
import type { LoadSettings } from '../../indexer/batches/load-thread.ts'
import { type BatchOutcome, keyOf, type WantedBatch } from '../../indexer/batches/wanted-batch.ts'
import { bulkData } from './support/bulk-data.ts'
import { type BatchHost, startBatchHost } from './support/batch-host.ts'

let host: BatchHost
let directory: string
const loaders: BatchLoader[] = []
beforeAll(async () => {
  host = await startBatchHost()
  directory = await mkdtemp(join(tmpdir(), 'assay-batches-'))
})
afterEach(async () => {
  await Promise.all(loaders.splice(0).map((it) => it.stop()))
})
afterAll(async () => {
  await host.stop()
  await rm(directory, { recursive: true, force: true })
})

const pauses = { firstPauseMillis: 20, maxPauseMillis: 200 }

async function newLoader(settings: Partial<LoadSettings> = {}, retry: object = pauses) {
  const place = await mkdtemp(join(directory, 'store-'))
  const loader = createBatchLoader(
    {
      ...{ directory: place, schemes: ['https', 'http'], addresses: 'any', maxBytes: 2 ** 26 },
      ...settings,
    },
    retry,
  )
  loaders.push(loader)
  return { loader, place }
}

let logs = 0
/** A batch in a log of its own. */
function batchOf(data: Uint8Array, uri: string, other: Partial<WantedBatch> = {}): WantedBatch {
  const logId = toHex(++logs, { size: 32 })
  const count = BigInt(new DataView(data.buffer, data.byteOffset).getUint32(5))
  const dataDigest = dataDigestOf(data)
  const root = other.root ?? rootOfData(logId, 0n, data)
  const chainId = 31_337
  return { chainId, logId, root, first: 0n, count, dataDigest, uri, owner: null, ...other }
}

const outcomeOf = (loader: BatchLoader, batch: WantedBatch) =>
  loader.outcomes(31_337).find((it) => keyOf(it.batch) === keyOf(batch))?.outcome

async function loaded(loader: BatchLoader, batch: WantedBatch, timeout = 10_000) {
  await expect.poll(() => outcomeOf(loader, batch), { timeout, interval: 10 }).toBeDefined()
  return outcomeOf(loader, batch) as BatchOutcome
}

const available = { state: 'available' }

test('default: loaded, checked and kept', async () => {
  const { loader } = await newLoader()
  const data = bulkData(3)
  const batch = batchOf(data, host.at('/good', data))
  loader.want(batch)
  expect(await loaded(loader, batch)).toEqual(available)
  expect(await loader.dataOf(batch)).toEqual(data)
  expect(await loader.atHand(batch, 3)).toEqual(data)
  expect(await loader.atHand(batch, 2)).toBeUndefined()
  loader.forget(batch)
  expect(loader.outcomes(31_337)).toEqual([])
})

test('behavior: what is kept already is asked of nobody, in the next run too', async () => {
  const { loader, place } = await newLoader()
  const data = bulkData(4)
  await fileStore({ directory: place }).put(data, dataDigestOf(data))
  const batch = batchOf(data, host.at('/never', data))
  loader.want(batch)
  expect(await loaded(loader, batch)).toEqual(available)
  expect(host.asked).not.toContain('/never')
})

test('behavior: data: and ipfs: URIs', async () => {
  const { loader } = await newLoader({ ipfsGateway: host.url })
  const data = bulkData(2)
  const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
  host.at(`/ipfs/${cid}`, data)
  const inline = batchOf(data, `data:;base64,${Buffer.from(data).toString('base64')}`)
  loader.want(inline)
  expect(await loaded(loader, inline)).toEqual(available)
  const { loader: another } = await newLoader({ ipfsGateway: host.url })
  const pinned = batchOf(data, `ipfs://${cid}`)
  another.want(pinned)
  expect(await loaded(another, pinned)).toEqual(available)
})

test('behavior: data that never gives the root is told so, and takes no room', async () => {
  const { loader, place } = await newLoader()
  const data = bulkData(5)
  const garbage = new Uint8Array(500).fill(7)
  const cases = [
    [batchOf(data, host.at('/root', data), { root: zeroHash }), 'other-root'],
    [batchOf(data, host.at('/count', data), { count: 6n }), 'other-count'],
    [
      batchOf(data, host.at('/first', data), { first: 1n, root: rootOfData(zeroHash, 0n, data) }),
      'other-root',
    ],
    [batchOf(garbage, host.at('/garbage', garbage), { root: zeroHash }), 'no-batch-data'],
  ] as const
  for (const [batch, problem] of cases) {
    loader.want(batch)
    expect(await loaded(loader, batch)).toEqual({ state: 'invalid', problem })
  }
  expect(await readdir(place)).toEqual([])
})

test('behavior: hosts that give something else, too much, or nothing', async () => {
  const { loader, place } = await newLoader({ maxBytes: 100_000 })
  const data = bulkData(6)
  const bomb = gzipSync(new Uint8Array(50_000_000))
  const cases = [
    ['other', () => host.at('/other', bulkData(7)), 'other-data'],
    [
      'bomb',
      () =>
        host.at(
          '/bomb',
          (_, it) => void it.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
        ),
      'other-data',
    ],
    [
      'endless',
      () =>
        host.at('/endless', (_, it) => {
          const more = () => {
            while (it.write(new Uint8Array(65_536)));
          }
          it.on('drain', more)
          more()
        }),
      'too-large',
    ],
    [
      'declared',
      () =>
        host.at(
          '/declared',
          (_, it) => void it.writeHead(200, { 'content-length': '9000000000' }).write('x'),
        ),
      'too-large',
    ],
    ['missing', () => `${host.url}/missing`, 'not-found'],
    [
      'cut',
      () =>
        host.at('/cut', (_, it) => {
          it.writeHead(200, { 'content-length': '500' }).write('x')
          setTimeout(() => it.destroy(), 20)
        }),
      'unreachable',
    ],
    ['nobody', () => 'http://127.0.0.1:1/x', 'unreachable'],
    [
      'circle',
      () => host.at('/circle', (_, it) => void it.writeHead(302, { location: '/circle' }).end()),
      'redirects',
    ],
    ['file', () => 'file:///etc/passwd', 'not-allowed'],
    ['none', () => '', 'not-allowed'],
    ['hostile text', () => 'https://\u202e\0 x\ufffd', 'not-allowed'],
  ] as const
  const batches = cases.map(([name, uri, problem]) => ({
    name,
    problem,
    batch: batchOf(data, uri(), { root: toHex(`root of ${name}`, { size: 32 }) }),
  }))
  for (const { batch } of batches) loader.want(batch)
  for (const { name, batch, problem } of batches) {
    expect([name, await loaded(loader, batch)]).toEqual([name, { state: 'unavailable', problem }])
  }
  expect(await readdir(place)).toEqual([])
})

test('behavior: by default only the public internet is asked, by redirects too', async () => {
  const { loader } = await newLoader({ schemes: ['https'], addresses: 'public' })
  const data = bulkData(3)
  for (const uri of [
    host.at('/private', data),
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
  ]) {
    const batch = batchOf(data, uri)
    loader.want(batch)
    expect(await loaded(loader, batch)).toEqual({ state: 'unavailable', problem: 'not-allowed' })
  }
  expect(host.asked).not.toContain('/private')
})

test('behavior: a host that comes back is asked again, ever more rarely; in the end no more', async () => {
  const { loader } = await newLoader()
  const data = bulkData(3)
  let asked = 0
  const late = batchOf(
    data,
    host.at('/late', (_, it) => {
      if (++asked < 6) it.writeHead(503).end()
      else it.end(data)
    }),
  )
  loader.want(late)
  expect(await loaded(loader, late)).toEqual({ state: 'unavailable', problem: 'refused' })
  expect(asked).toBeGreaterThanOrEqual(3)
  await expect.poll(() => outcomeOf(loader, late)).toEqual(available)

  const { loader: tired } = await newLoader({}, { ...pauses, maxTries: 4 })
  let tries = 0
  const gone = batchOf(
    data,
    host.at('/gone', (_, it) => {
      tries++
      it.writeHead(500).end()
    }),
  )
  tired.want(gone)
  await expect.poll(() => tries, { timeout: 5_000 }).toBe(4)
  await new Promise((done) => setTimeout(done, 500))
  expect(tries).toBe(4)
  // It is not held any more, so that it can be wanted again.
  tired.forget(gone)
  tired.want(gone)
  await expect.poll(() => tries).toBeGreaterThan(4)
})

test('behavior: data that was put here is found at once, whatever its host does', async () => {
  const { loader, place } = await newLoader({}, { firstPauseMillis: 3_600_000 })
  const data = bulkData(3)
  const batch = batchOf(data, 'http://127.0.0.1:1/x')
  loader.want(batch)
  await new Promise((done) => setTimeout(done, 300))
  await fileStore({ directory: place }).put(data, dataDigestOf(data))
  loader.hurry(batch)
  expect(await loaded(loader, batch)).toEqual(available)
})

test('behavior: hosts that hang hold up nobody else', async () => {
  const { loader } = await newLoader()
  const hanging: WantedBatch[] = []
  for (let i = 0; i < 60; i++) {
    const data = bulkData(3)
    const owner = toHex(1 + (i % 3), { size: 20 })
    hanging.push(
      batchOf(
        data,
        host.at(`/hang/${i}`, () => undefined),
        { owner },
      ),
    )
  }
  for (const batch of hanging) loader.want(batch)
  await expect.poll(() => host.asked.filter((path) => path.startsWith('/hang')).length).toBe(12)
  const data = bulkData(3)
  const good = batchOf(data, host.at('/prompt', data), { owner: toHex(99, { size: 20 }) })
  loader.want(good)
  expect(await loaded(loader, good, 2_000)).toEqual(available)
})

test('behavior: who reads the past waits a little, once for an owner, and not for those who hang', async () => {
  const { loader } = await newLoader()
  const data = bulkData(3)
  const [good, bad] = [toHex(1, { size: 20 }), toHex(2, { size: 20 })]
  const prompt = batchOf(data, host.at('/prompt', data), { owner: good })
  expect(await loader.arrival(prompt)).toEqual(data)
  // Taken: nobody is told again.
  expect(loader.outcomes(31_337)).toEqual([])
  const other = bulkData(4)
  const hang = host.at('/hangs', () => undefined)
  const began = performance.now()
  expect(await loader.arrival(batchOf(other, hang, { owner: bad }))).toBeUndefined()
  const waited = performance.now() - began
  expect(waited).toBeGreaterThan(1_900)
  expect(waited).toBeLessThan(4_000)
  const again = performance.now()
  const after = batchOf(other, host.at('/after', other), { owner: bad })
  expect(await loader.arrival(after)).toBeUndefined()
  expect(performance.now() - again).toBeLessThan(200)
  // It is loaded all the same.
  expect(await loaded(loader, after)).toEqual(available)
  const refused = batchOf(bulkData(5), 'ftp://x', { owner: good })
  expect(await loader.arrival(refused)).toBeUndefined()
  const last = bulkData(6)
  const next = batchOf(last, host.at('/next', last), { owner: good })
  expect(await loader.arrival(next)).toEqual(last)
})

test(
  'behavior: a million inferences are loaded beside, and keep nothing else waiting',
  { timeout: 120_000 },
  async () => {
    const { loader } = await newLoader()
    const data = bulkData(1_000_000)
    const batch = batchOf(data, host.at('/million', data))
    const delay = monitorEventLoopDelay({ resolution: 5 })
    // What the host does, in this same process, is not what is measured.
    await loader.store.put(data, batch.dataDigest)
    delay.enable()
    loader.want(batch)
    expect(await loaded(loader, batch, 60_000)).toEqual(available)
    delay.disable()
    expect(delay.max / 1e6).toBeLessThan(250)
  },
)

test('behavior: a million that are wanted are known once each, and take turns', async () => {
  const { loader } = await newLoader()
  const data = bulkData(2)
  const uri = host.at('/many', data)
  const first = batchOf(data, uri, { owner: toHex(1, { size: 20 }) })
  for (let i = 0; i < 3_000; i++) loader.want({ ...first, root: toHex(i, { size: 32 }) })
  const other = batchOf(data, uri, { owner: toHex(2, { size: 20 }) })
  loader.want(other)
  loader.want(other)
  expect(await loaded(loader, other, 3_000)).toEqual(available)
})
