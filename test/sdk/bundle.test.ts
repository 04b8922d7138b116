import { readFile } from 'node:fs/promises'
import {
  createBundle,
  InvalidBundleError,
  InvalidReceiptError,
  receiptsOf,
  type TextSource,
} from '@assay/sdk'
import { describe, expect, test } from 'vitest'
import { accountNamed, offlineReceipts } from './support/offline-receipts.ts'

const hints = { transactionHash: `0x${'ab'.repeat(32)}`, uri: 'https://example.com/ü' } as const
const first = await offlineReceipts({ count: 5, hints })
const second = await offlineReceipts({ first: 5n, count: 3, mode: 'external' })
const third = await offlineReceipts({ count: 2, key: accountNamed('other'), hints: { uri: '' } })
const receipts = [...first, ...second, ...third]

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
async function textOf(given: Iterable<unknown>): Promise<string> {
  return (await all(createBundle(given))).join('')
}
const read = (source: TextSource) => all(receiptsOf(source))
const bundle = await textOf(receipts)
const lines = bundle.trimEnd().split('\n')

/** What reading ends with: receipts, or the error's message. */
async function refusal(source: TextSource): Promise<string> {
  try {
    await read(source)
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidBundleError)
    return (error as InvalidBundleError).shortMessage
  }
}
const withLines = (change: (lines: string[]) => string[]) => `${change([...lines]).join('\n')}\n`

describe('a bundle', () => {
  test('behavior: carries every member that a receipt can have', async () => {
    const word = `0x${'7'.repeat(64)}` as const
    const opened = [{ index: '0', salt: word, sha256: word, json: '{"role":"user"}' }]
    const { schema, inferenceId, log, inference, fields, batch, hints } = first[0]!
    const messages = { leafHashes: [word], opened }
    const evidence = [{ format: 'f', content: '{}' }]
    const full = {
      ...{ schema, inferenceId, log, inference, fields, messages, batch, evidence, hints },
    }
    const [out] = await read(await textOf([full]))
    expect(JSON.stringify(out)).toBe(JSON.stringify(full))
    // A format that grows has to grow here as well.
    const file = new URL('../../sdk/schema/receipt-v1.json', import.meta.url)
    const { properties } = JSON.parse(await readFile(file, 'utf8')) as { properties: object }
    expect(Object.keys(full).sort()).toEqual(Object.keys(properties).sort())
  })

  test('default: gives back what went in, byte for byte', async () => {
    const out = await read(bundle)
    expect(out.map((it) => JSON.stringify(it))).toEqual(receipts.map((it) => JSON.stringify(it)))
  })

  test('behavior: a batch stands in it once; a line is one thing', () => {
    expect(lines.filter((line) => line.startsWith('{"batch"'))).toHaveLength(3)
    expect(lines.filter((line) => line.startsWith('{"receipt"'))).toHaveLength(10)
    expect(lines[0]).toBe('{"bundle":"assay/bundle/v1"}')
    expect(lines.at(-1)).toBe('{"end":{"receipts":"10"}}')
  })

  test('behavior: receipts of batches in turn come back in their order', async () => {
    const mixed = [first[0], second[0], first[1], third[0], third[1], second[1]]
    expect(await read(await textOf(mixed))).toEqual(mixed)
  })

  test('behavior: whatever the order of a receipt’s members was, they come out in the format’s', async () => {
    const reversed = (value: unknown): unknown =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([k, v]) => [k, reversed(v)]),
          )
    expect(await textOf(receipts.map((it) => JSON.stringify(reversed(it))))).toBe(bundle)
  })

  test('behavior: is read in pieces of any size, as text or bytes, from any source', async () => {
    const bytes = new TextEncoder().encode(bundle)
    for (const size of [1, 7, 1000, 65_536]) {
      const pieces = (whole: Uint8Array) =>
        Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
          whole.subarray(i * size, (i + 1) * size),
        )
      expect(await read(pieces(bytes))).toEqual(receipts)
    }
    const body = new Response(bytes).body as ReadableStream<Uint8Array>
    expect(await read(body)).toEqual(receipts)
    expect(await read(bundle.match(/[^]{1,100}/g)!)).toEqual(receipts)
    expect(await read(bundle.trimEnd())).toEqual(receipts)
  })

  test('behavior: 20,000 receipts in little memory', async () => {
    async function* many() {
      for (let i = 0; i < 4_000; i++) yield* first.map((it) => it)
    }
    const before = process.memoryUsage().heapUsed
    let count = 0
    let peak = 0
    for await (const receipt of receiptsOf(createBundle(many()))) {
      if (count++ % 1_000 === 0) {
        peak = Math.max(peak, process.memoryUsage().heapUsed - before)
        expect(receipt).toEqual(first[0])
      }
    }
    expect(count).toBe(20_000)
    // The whole is 80 MB of text.
    expect(peak / 2 ** 20).toBeLessThan(150)
  })

  test('error: InvalidBundleError: cut off anywhere between lines', async () => {
    for (let i = 0; i < lines.length; i++) {
      expect(await refusal(withLines((it) => it.slice(0, i)))).toMatch(/cut off|not JSON/)
    }
  })

  test('error: InvalidBundleError: any line left out, twice, or in the place of another', async () => {
    for (let i = 0; i < lines.length; i++) {
      const isBatch = lines[i]!.startsWith('{"batch"')
      const left = await refusal(withLines((it) => it.toSpliced(i, 1)))
      // The receipts after a batch that is left out are read as of another one, and refuted there.
      if (!isBatch || i === 1) expect(left, `${i}`).not.toBe('none')
      const twice = await refusal(withLines((it) => it.toSpliced(i, 0, it[i]!)))
      if (!isBatch) expect(twice, `${i}`).not.toBe('none')
    }
    expect(await refusal(withLines((it) => [...it.slice(1), it[0]!]))).not.toBe('none')
    expect(await refusal(withLines((it) => [...it, it.at(-1)!]))).toContain('after the end')
    expect(await refusal(withLines((it) => [it[0]!, it[2]!, ...it.slice(2)]))).toContain('no batch')
  })

  test.each([
    ['', 'cut off'],
    ['\n', 'line 1` is not JSON'],
    ['{"bundle":"assay/bundle/v2"}\n', 'line 1, bundle` must be "assay/bundle/v1"'],
    ['{"bundle":"assay/bundle/v1"}\n{"end":{"receipts":"0"}}\n', 'holds no receipt'],
    ['{"bundle":"assay/bundle/v1"}\n[]\n', 'line 2` must be an object'],
    ['{"bundle":"assay/bundle/v1"}\n{"a":1,"b":2}\n', 'must be an object'],
    ['{"bundle":"assay/bundle/v1"}\n{"__proto__":{}}\n', 'must be an object'],
    ['{"bundle":"assay/bundle/v1"}\n{"constructor":{}}\n', 'must be an object'],
    ['{"bundle":"assay/bundle/v1","bundle":"assay/bundle/v1"}\n', 'named twice'],
    ['\ufeff{"bundle":"assay/bundle/v1"}\n', 'not JSON'],
    [`{"bundle":"${'x'.repeat(5 * 2 ** 20)}"}\n`, 'a line of more than 4194304'],
    [`{"bundle":"${'x'.repeat(5 * 2 ** 20)}`, 'a line of more than 4194304'],
    [`${'['.repeat(50)}\n`, 'nested deeper'],
  ])('error: InvalidBundleError, case %#', async (text, problem) => {
    expect(await refusal(text)).toContain(problem)
  })

  test('error: InvalidBundleError: bytes that are no UTF-8', async () => {
    expect(await refusal([Uint8Array.of(0x7b, 0xff)])).toContain('UTF-8')
    expect(await refusal([Uint8Array.of(0xe2, 0x82)])).toContain('UTF-8')
  })

  test('error: InvalidBundleError: each member of each line of another type', async () => {
    for (const i of [1, 2]) {
      const line = JSON.parse(lines[i]!) as Record<string, Record<string, unknown>>
      const [[kind, members]] = Object.entries(line) as [[string, Record<string, unknown>]]
      for (const name of Object.keys(members)) {
        for (const other of [1, null, undefined, 'x', [], {}]) {
          const changed = JSON.stringify({ [kind]: { ...members, [name]: other } })
          if (
            JSON.stringify(line) === changed ||
            (name === 'hints' && JSON.stringify(other) === '{}')
          )
            continue
          if (name === 'proof' && JSON.stringify(other) === '[]') continue
          expect(await refusal(withLines((it) => it.with(i, changed)))).toContain(`line ${i + 1}`)
        }
      }
      const more = JSON.stringify({ [kind]: { ...members, more: '1' } })
      expect(await refusal(withLines((it) => it.with(i, more)))).toContain('more')
    }
  })

  test('error: InvalidReceiptError, InvalidBundleError of what is packed', async () => {
    await expect(textOf([{ ...first[0], more: 1 }])).rejects.toThrow(InvalidReceiptError)
    await expect(textOf([])).rejects.toThrow(InvalidBundleError)
  })
})
