import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { InferenceReceipt } from '@assay/sdk'
import { fieldLeafHash, orderFields } from '@assay/sdk/formats'
import { verifyReceipt } from '@assay/sdk/verify'
import { stringToBytes, toHex } from 'viem'
import { expect, test } from 'vitest'
import { createRandom } from '../../contracts/support/random.ts'
import { withFields } from '../support/contrived-batch.ts'
import { searchSlowest } from './excess/search.ts'
import { type Excess, knownShapes, textOf } from './excess/shape.ts'
import { cpuMsOf, limitMs, msOf } from './judging/measure.ts'
import { outcomeOf } from './judging/outcome.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const maxBytes = 50 * 2 ** 20

const file = new URL('../../vectors/receipts.json', import.meta.url)
const receipts = JSON.parse(await readFile(file, 'utf8')) as InferenceReceipt[]
const honest = receipts[1]!

test('behavior: no text takes long, not the slowest that a search finds', async () => {
  const seconds = long ? 600 : 5
  const crashes: string[] = []
  const run = (shape: Excess) => {
    const text = textOf(shape, honest)
    return async () => {
      const outcome = await outcomeOf(() => verifyReceipt(text))
      if (outcome.kind === 'crash')
        crashes.push(`${JSON.stringify(shape)}: ${String(outcome.error)}`)
    }
  }
  const cpuMs = (shape: Excess) => cpuMsOf(run(shape))
  const { slowest, tried } = await searchSlowest(honest, createRandom(seed), cpuMs, seconds)
  const times = []
  for (const { shape } of slowest) times.push({ ms: await msOf(run(shape)), shape })
  const [worst] = times.toSorted((a, b) => b.ms - a.ms)
  console.log(`ASSAY_TEST_SEED=${seed}, ${tried} texts, the slowest ${String(worst?.ms)} ms`)
  expect(crashes).toEqual([])
  expect(worst?.ms, JSON.stringify(worst)).toBeLessThan(limitMs)
}, 700_000)

test.each([
  ['plain', 'a'.repeat(980_000), `https://x.example/${'b'.repeat(980_000)}`],
  ['hidden', '\u202e'.repeat(320_000), '\u202e'.repeat(320_000)],
  ['a host', 'a', `https://${'ä.'.repeat(300_000)}`],
  ['a path', 'a', `https://x.example/${'../%zz'.repeat(150_000)}`],
])(
  'behavior: nor one in which long values are those that were committed to: %s',
  async (_, name, endpoint) => {
    const values = { endpoint: stringToBytes(endpoint), 'model.returned': stringToBytes(name) }
    const fields = orderFields(values).map((it) => ({ ...it, salt: new Uint8Array(32) }))
    const leafHashes = fields.map((field) => toHex(fieldLeafHash(field)))
    const opened = fields.flatMap(({ value, salt, ...it }, i) =>
      value.length === 0
        ? []
        : [{ index: String(i), ...it, salt: toHex(salt), value: toHex(value) }],
    )
    const stated = withFields(honest, { leafHashes, opened })
    stated.inference.modelId = `0x${'1'.repeat(64)}`
    const text = JSON.stringify({ ...honest, ...stated })
    const { checks } = await verifyReceipt(text)
    expect(checks.find((check) => check.name === 'commitment')?.status).toBe('verified')
    expect(await msOf(() => verifyReceipt(text))).toBeLessThan(limitMs)
  },
)

test('behavior: no text takes much memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'assay-excess-'))
  const program = fileURLToPath(new URL('excess/peak-memory.ts', import.meta.url))
  const path = join(directory, 'receipt.json')
  /** Of a process that reads and verifies a text, in bytes. */
  const peakOf = async (text: string) => {
    await writeFile(path, text)
    const { stdout } = await promisify(execFile)(process.execPath, [program, path])
    return Number(stdout)
  }
  try {
    const usual = await peakOf(JSON.stringify(honest))
    const shapes = knownShapes().filter((_, i) => long || i % 3 === seed % 3)
    for (const shape of shapes) {
      const more = (await peakOf(textOf(shape, honest))) - usual
      expect(more, JSON.stringify(shape).slice(0, 200)).toBeLessThan(maxBytes)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}, 300_000)
