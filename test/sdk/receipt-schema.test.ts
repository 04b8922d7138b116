import { readFile } from 'node:fs/promises'
import { attachMessages, type InferenceReceipt, parseReceipt, redactReceipt } from '@assay/sdk'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { changed, placesOf } from './support/receipt-changes.ts'

const load = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8'))

const { receipt: withMessages } = (await load('../vectors/messages.json')) as {
  receipt: InferenceReceipt
}
const receipts = [
  ...((await load('../vectors/receipts.json')) as InferenceReceipt[]),
  attachMessages(redactReceipt(withMessages, { reveal: ['messages[0]'] }), [
    { role: 'system', content: 'Answer in one word.' },
  ]),
]
const validate = new Ajv2020().compile((await load('../../sdk/schema/receipt-v1.json')) as object)

function accepts(value: unknown): boolean {
  try {
    parseReceipt(value)
    return true
  } catch {
    // Refused: the errors themselves are tested elsewhere.
    return false
  }
}

test('the JSON Schema and the reader agree on every receipt and every mutation of one', () => {
  const others = ['', 'x', '0', '00', '7', '-1', '1e3', '0x', '0xAB', `0x${'a'.repeat(64)}`]
  const values = [...others, `0x${'a'.repeat(40)}`, 'inline', 1, null, true, [], {}, ['0x']]
  let refused = 0
  for (const receipt of receipts) {
    expect(validate(receipt), JSON.stringify(validate.errors)).toBe(true)
    expect(accepts(receipt)).toBe(true)
    for (const path of placesOf(receipt)) {
      for (const value of values) {
        const mutated = changed<unknown>(receipt, path, () => value)
        expect(accepts(mutated), `${path.join('.')} = ${JSON.stringify(value)}`).toBe(
          validate(mutated),
        )
        if (!accepts(mutated)) refused++
      }
    }
  }
  expect(refused).toBeGreaterThan(2000)
})
