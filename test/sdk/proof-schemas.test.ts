import { readFile } from 'node:fs/promises'
import { createBundle, parseEquivocation, proveEquivocation, receiptsOf } from '@assay/sdk'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { offlineReceipts } from './support/offline-receipts.ts'
import { changed, placesOf } from './support/receipt-changes.ts'

const schemaOf = async (name: string) => {
  const file = new URL(`../../sdk/schema/${name}`, import.meta.url)
  return new Ajv2020().compile(JSON.parse(await readFile(file, 'utf8')) as object)
}
const others = ['', 'x', '0', '00', '7', '-1', '1e3', '0x', '0xAB', `0x${'a'.repeat(64)}`]
const values = [...others, `0x${'a'.repeat(40)}`, 'inline', 1, null, true, [], {}, ['0x'], [[], []]]

const hints = { transactionHash: `0x${'1'.repeat(64)}`, uri: 'x' } as const
const word = `0x${'7'.repeat(64)}` as const
const messages = {
  leafHashes: [word],
  opened: [{ index: '0', salt: word, sha256: word, json: '{}' }],
}
const receipts = (await offlineReceipts({ count: 2, hints })).map((it) => ({ ...it, messages }))
const text = () => 'another answer'

/** Compares schema and reader on a value and on every mutation of it; how many were refused. */
async function compare(
  original: unknown,
  validate: (value: unknown) => boolean,
  read: (value: unknown) => unknown,
): Promise<number> {
  const accepts = async (value: unknown) => {
    try {
      await read(value)
      return true
    } catch {
      // Refused: the errors themselves are tested elsewhere.
      return false
    }
  }
  expect(validate(original)).toBe(true)
  expect(await accepts(original)).toBe(true)
  let refused = 0
  for (const place of placesOf(original)) {
    for (const value of values) {
      const mutated = changed(original, place, () => value)
      const valid = validate(mutated)
      expect(await accepts(mutated), `${place.join('.')} = ${JSON.stringify(value)}`).toBe(valid)
      if (!valid) refused++
    }
  }
  return refused
}

test('proofs of equivocation: the JSON Schema and the reader agree on every mutation', async () => {
  const [contradicting] = await offlineReceipts({ count: 1, text })
  const proof = proveEquivocation(receipts[0], contradicting)
  const validate = await schemaOf('equivocation-v1.json')
  expect(await compare(proof, validate, parseEquivocation)).toBeGreaterThan(300)
})

test('bundles: the JSON Schema and the reader agree on every mutation of a line', async () => {
  const validate = await schemaOf('bundle-line-v1.json')
  const lines: string[] = []
  for await (const line of createBundle(receipts)) lines.push(line.trimEnd())
  for (const line of lines) expect(validate(JSON.parse(line))).toBe(true)
  for (const at of [1, 2]) {
    const read = async (value: unknown) => {
      const changedLines = lines.with(at, JSON.stringify(value))
      const read: unknown[] = []
      for await (const receipt of receiptsOf(changedLines.join('\n'))) read.push(receipt)
      return read
    }
    expect(await compare(JSON.parse(lines[at]!), validate, read)).toBeGreaterThan(100)
  }
})
