import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  type InferenceReceipt,
  InvalidReceiptError,
  NotShownError,
  redactReceipt,
  verifyReceipt,
} from '@assay/sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const receipts = JSON.parse(
  await readFile(new URL('../vectors/receipts.json', import.meta.url), 'utf8'),
) as InferenceReceipt[]
const [, chat, extended] = receipts as [InferenceReceipt, InferenceReceipt, InferenceReceipt]

const namesIn = (receipt: InferenceReceipt) => receipt.fields.opened.map(({ name }) => name)

/** What of the record is verified, without a chain. */
async function verified(receipt: unknown): Promise<string[]> {
  const { checks } = await verifyReceipt(receipt)
  return checks.filter(({ status }) => status === 'verified').map(({ name }) => name)
}

/** Every subset of a list. */
function* subsets<T>(list: readonly T[]): Generator<T[]> {
  for (let chosen = 0; chosen < 2 ** list.length; chosen++) {
    yield list.filter((_, i) => (chosen >> i) % 2 === 1)
  }
}

const bytesOf = (hex: string) => Buffer.from(hex.slice(2), 'hex')
const sha256 = (...parts: Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest()

/** Leaf hash of a field, by the words of docs/protocol.md alone. */
const leafHash = (salt: Uint8Array, name: string, value: Uint8Array | string) =>
  `0x${sha256(Buffer.of(0), salt, sha256(Buffer.from(name)), Buffer.from(value)).toString('hex')}`

describe('redactReceipt', () => {
  test('default: shows what is named and nothing else', async () => {
    const redacted = redactReceipt(chat, { reveal: ['model.returned', 'response.sha256'] })
    expect(namesIn(redacted)).toEqual(['response.sha256', 'model.returned'])
    expect({ ...redacted, fields: chat.fields }).toEqual(chat)
    expect(redacted.fields.leafHashes).toEqual(chat.fields.leafHashes)
    const report = await verifyReceipt(redacted)
    expect(report.checks.find(({ name }) => name === 'commitment')?.reason).toContain('2 of 9')
    expect(report.hidden).toHaveLength(7)
  })

  test.each([chat, extended])('behavior: every subset of the fields verifies', async (receipt) => {
    let count = 0
    for (const reveal of subsets(namesIn(receipt))) {
      const redacted = redactReceipt(JSON.stringify(receipt), { reveal })
      expect(namesIn(redacted)).toEqual(reveal)
      expect(await verified(redacted)).toEqual(['commitment', 'inclusion', 'signature'])
      count++
    }
    expect(count).toBe(2 ** receipt.fields.opened.length)
  })

  test('behavior: no hidden value is in the file, and no salt of one', () => {
    for (const receipt of [chat, extended]) {
      for (const reveal of subsets(namesIn(receipt))) {
        const file = JSON.stringify(redactReceipt(receipt, { reveal }))
        for (const { name, salt, value } of receipt.fields.opened) {
          if (reveal.includes(name)) continue
          expect(file).not.toContain(salt.slice(2))
          expect(file).not.toContain(`"${value}"`)
          expect(file).not.toContain(bytesOf(value).toString())
          expect(file).not.toContain(`"${name}"`)
        }
      }
    }
  })

  test('behavior: a hidden value of few possible ones can’t be found out', () => {
    const outcomes = ['complete', 'truncated', 'aborted', 'error', '']
    /** Tries each outcome with everything in the file, and all that is plain to try, as its salt. */
    function guess(receipt: InferenceReceipt): string[] {
      const words = JSON.stringify(receipt).match(/0x[0-9a-f]{64}/g) ?? []
      expect(words.length).toBeGreaterThan(15)
      const salts = [...words.map(bytesOf), Buffer.alloc(0), Buffer.alloc(32)]
      return outcomes.filter((outcome) =>
        salts.some((salt) =>
          receipt.fields.leafHashes.includes(leafHash(salt, 'outcome', outcome) as `0x${string}`),
        ),
      )
    }
    const others = namesIn(chat).filter((name) => name !== 'outcome')
    expect(guess(redactReceipt(chat, { reveal: others }))).toEqual([])
    // With its salt in the file, the same search finds it.
    expect(guess(redactReceipt(chat, { reveal: ['outcome'] }))).toEqual(['complete'])
    expect(guess(redactReceipt(extended, { reveal: ['outcome'] }))).toEqual(['aborted'])
  })

  test('behavior: steps and their order make no difference', () => {
    const names = namesIn(chat)
    fc.assert(
      fc.property(
        fc
          .shuffledSubarray(names)
          .chain((outer) => fc.tuple(fc.constant(outer), fc.shuffledSubarray(outer))),
        ([outer, inner]) => {
          const once = redactReceipt(chat, { reveal: inner })
          const twice = redactReceipt(redactReceipt(chat, { reveal: outer }), {
            reveal: [...inner, ...inner.slice(0, 1)],
          })
          expect(JSON.stringify(twice)).toBe(JSON.stringify(once))
        },
      ),
    )
    const shuffled = structuredClone(chat)
    shuffled.fields.opened.reverse()
    expect(redactReceipt(shuffled, { reveal: names })).toEqual(
      redactReceipt(chat, { reveal: names }),
    )
  })

  test('behavior: no character of a redacted receipt can be changed', async () => {
    const file = JSON.stringify(redactReceipt(chat, { reveal: ['outcome', 'endpoint'] }))
    let refuted = 0
    for (let i = 0; i < file.length; i++) {
      const character = file[i] as string
      const other = /[0-8a-e]/.test(character)
        ? String.fromCharCode(character.charCodeAt(0) + 1)
        : character === '0'
          ? '1'
          : '0'
      const changed = file.slice(0, i) + other + file.slice(i + 1)
      try {
        expect((await verified(changed)).length, `${i}: ${other}`).toBeLessThan(3)
        refuted++
      } catch (error) {
        expect(error, `${i}: ${other}`).toBeInstanceOf(InvalidReceiptError)
      }
    }
    expect(refuted).toBeGreaterThan(1000)
  })

  test('behavior: the hinted transaction stays, the hinted address goes', () => {
    const transactionHash = chat.inferenceId
    const hinted = { ...chat, hints: { transactionHash, uri: 'https://a.example/?token=secret' } }
    expect(redactReceipt(hinted, { reveal: [] }).hints).toEqual({ transactionHash })
    expect(redactReceipt({ ...chat, hints: { uri: 'ipfs://a' } }, { reveal: [] }).hints).toEqual({})
  })

  test('behavior: the given receipt is left as it is', () => {
    const copy = structuredClone(extended)
    redactReceipt(extended, { reveal: ['x.note'] })
    expect(extended).toEqual(copy)
  })

  test('behavior: extensions of one name are shown together', async () => {
    const twins = structuredClone(extended)
    for (const field of twins.fields.opened) if (field.name.startsWith('x.')) field.name = 'x'
    expect(redactReceipt(twins, { reveal: ['x'] }).fields.opened).toHaveLength(3)
    expect(await verified(redactReceipt(twins, { reveal: ['x'] }))).not.toContain('commitment')
  })

  test('error: NotShownError for a field that is absent, hidden or unknown', () => {
    const redacted = redactReceipt(chat, { reveal: ['outcome', 'usage'] })
    for (const name of ['endpoint', 'Outcome', '', '__proto__', 'x.note']) {
      expect(() => redactReceipt(redacted, { reveal: ['usage', name] })).toThrow(NotShownError)
    }
    expect(() => redactReceipt(redacted, { reveal: ['endpoint'] }))
      .toThrowErrorMatchingInlineSnapshot(`
      [NotShownError: The receipt does not show \`endpoint\`, so it can't be revealed.

      It can reveal outcome, usage.
      What is absent has no value, and what was redacted before is gone for good: ask who recorded it.

      Docs: docs/redaction.md]
    `)
    const empty = redactReceipt(chat, { reveal: [] })
    expect(() => redactReceipt(empty, { reveal: ['outcome'] })).toThrowErrorMatchingInlineSnapshot(`
      [NotShownError: The receipt does not show \`outcome\`, so it can't be revealed.

      It shows no field at all.
      What is absent has no value, and what was redacted before is gone for good: ask who recorded it.

      Docs: docs/redaction.md]
    `)
  })

  test('error: InvalidReceiptError for what is no receipt', () => {
    for (const value of [undefined, '{}', { ...chat, more: '1' }, { ...chat, fields: {} }]) {
      expect(() => redactReceipt(value, { reveal: [] })).toThrow(InvalidReceiptError)
    }
  })
})
