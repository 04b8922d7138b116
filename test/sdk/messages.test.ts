import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  attachMessages,
  createBundle,
  type InferenceReceipt,
  InvalidInputError,
  InvalidReceiptError,
  NotShownError,
  parseReceipt,
  receiptsOf,
  redactReceipt,
  verifyReceipt,
} from '@assay/sdk'
import {
  createMerkleTree,
  createReceipt,
  logIdOf,
  messageDigest,
  messageLeafHash,
  messagesValue,
  orderFields,
} from '@assay/sdk/formats'
import { toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { checkMessages } from '../../sdk/src/verify/checks/messages.ts'

const vector = JSON.parse(
  await readFile(new URL('../vectors/messages.json', import.meta.url), 'utf8'),
) as { receipt: InferenceReceipt; messages: { json: string; leafHash: string }[] }
const { receipt } = vector
const messages = vector.messages.map(({ json }) => JSON.parse(json) as unknown)

/** What the check says of a receipt, once it is read. */
const status = (given: unknown) => checkMessages({ receipt: parseReceipt(given) })?.status
const reason = (given: unknown) => checkMessages({ receipt: parseReceipt(given) })?.reason
type Messages = NonNullable<InferenceReceipt['messages']>

/** The receipt with its messages changed. */
function changed(change: (messages: Messages, receipt: InferenceReceipt) => void) {
  const copy = structuredClone(attachMessages(receipt, messages))
  change(copy.messages ?? expect.unreachable(), copy)
  return copy
}
const first = ({ opened }: Messages) => opened[0] ?? expect.unreachable()

describe('messages', () => {
  test('default: each is the one that was committed to', async () => {
    const { checks } = await verifyReceipt(attachMessages(receipt, messages))
    expect(checks.find(({ name }) => name === 'messages')?.status).toBe('verified')
    expect(reason(receipt)).toContain('3 of 3 messages')
    expect(status(attachMessages(receipt, messages))).toBe('verified')
    expect(checkMessages({ receipt: { ...receipt, messages: undefined as never } })).toBe(undefined)
  })

  test('behavior: every subset can be shown, and says nothing of the others', () => {
    const whole = attachMessages(receipt, messages)
    for (let chosen = 1; chosen < 8; chosen++) {
      const places = [0, 1, 2].filter((i) => (chosen >> i) % 2 === 1)
      const shown = redactReceipt(whole, { reveal: places.map((i) => `messages[${i}]`).reverse() })
      expect(status(shown)).toBe('verified')
      expect(shown.fields.opened.map(({ name }) => name)).toEqual(['messages'])
      expect(shown.messages?.opened.map(({ json }) => json)).toEqual(
        places.map((i) => vector.messages[i]?.json),
      )
      const file = JSON.stringify(shown)
      for (const { index, salt, sha256 } of receipt.messages?.opened ?? []) {
        if (places.includes(Number(index))) continue
        expect(file).not.toContain(salt)
        expect(file).not.toContain(sha256)
      }
    }
  })

  test('behavior: a hidden message of few possible ones can’t be found out', () => {
    const guesses = [...messages, { role: 'user', content: 'yes' }].map(messageDigest)
    function guess(shown: InferenceReceipt): number {
      const words = JSON.stringify(shown).match(/0x[0-9a-f]{64}/g) ?? []
      const leafHashes: string[] = shown.messages?.leafHashes ?? []
      return guesses.filter((digest) =>
        words.some((word) => {
          const salt = Buffer.from(word.slice(2), 'hex')
          return leafHashes.includes(toHex(messageLeafHash({ salt, digest })))
        }),
      ).length
    }
    expect(guess(receipt)).toBe(3)
    expect(guess(redactReceipt(receipt, { reveal: ['messages[1]', 'outcome'] }))).toBe(1)
    expect(guess(redactReceipt(receipt, { reveal: ['messages', 'outcome'] }))).toBe(0)
  })

  test('behavior: the field alone shows their number; without it nothing is left of them', () => {
    const counted = redactReceipt(receipt, { reveal: ['messages'] })
    expect(counted.messages).toBeUndefined()
    expect(counted.fields.opened[0]?.value).toMatch(/^0x00000003/)
    const hidden = redactReceipt(receipt, { reveal: ['outcome'] })
    expect(JSON.stringify(hidden)).not.toContain('messages')
    for (const { leafHash } of vector.messages) {
      expect(JSON.stringify(hidden)).not.toContain(leafHash)
    }
  })

  test('behavior: redacted in steps it is as redacted at once', () => {
    const steps = redactReceipt(
      redactReceipt(receipt, { reveal: ['messages[2]', 'outcome', 'messages[0]'] }),
      { reveal: ['messages[0]'] },
    )
    expect(JSON.stringify(steps)).toBe(
      JSON.stringify(redactReceipt(receipt, { reveal: ['messages', 'messages[0]'] })),
    )
    expect(status(attachMessages(steps, [messages[0]]))).toBe('verified')
  })

  test('error: NotShownError for a message that is not there, or hidden', () => {
    for (const name of [
      'messages[3]',
      'messages[00]',
      'messages[-1]',
      'messages[]',
      'messages[*]',
    ]) {
      expect(() => redactReceipt(receipt, { reveal: [name] })).toThrow(NotShownError)
    }
    const one = redactReceipt(receipt, { reveal: ['messages[1]'] })
    expect(() => redactReceipt(one, { reveal: ['messages[0]'] }))
      .toThrowErrorMatchingInlineSnapshot(`
      [NotShownError: The receipt does not show \`messages[0]\`, so it can't be revealed.

      It can reveal messages, messages[1].
      What is absent has no value, and what was redacted before is gone for good: ask who recorded it.

      Docs: docs/redaction.md]
    `)
    // Messages that no field binds can't be shown.
    const loose = { ...receipt, fields: { ...receipt.fields, opened: [] } }
    expect(() => redactReceipt(loose, { reveal: ['messages[0]'] })).toThrow(NotShownError)
    const many = changed(
      (it) =>
        (it.opened = Array.from({ length: 99 }, (_, i) => ({ ...first(it), index: String(i) }))),
    )
    expect(() => redactReceipt(many, { reveal: ['x'] })).toThrow('and 77 more')
  })

  test.each<[string, (messages: Messages, receipt: InferenceReceipt) => void]>([
    ['another place', (it) => (first(it).index = '1')],
    ['a place outside', (it) => (first(it).index = '3')],
    ['a place twice', (it) => it.opened.push(first(it))],
    ['another salt', (it) => (first(it).salt = it.leafHashes[0] as never)],
    ['another digest', (it) => (first(it).sha256 = it.leafHashes[0] as never)],
    ['another text', (it) => (first(it).json = '{"role":"system"}')],
    ['a text with a space', (it) => (first(it).json = `${first(it).json ?? ''} `)],
    ['no text at all', (it) => (first(it).json = '')],
    ['another leaf hash', (it) => (it.leafHashes[2] = it.leafHashes[1] as never)],
    ['another order', (it) => it.leafHashes.reverse()],
    ['one less', (it) => it.leafHashes.pop()],
    ['one more', (it) => it.leafHashes.push(it.leafHashes[0] as never)],
    ['the field hidden', (_, { fields }) => (fields.opened = [])],
    ['the field twice', (_, { fields }) => fields.opened.push(fields.opened[1] as never)],
    ['another value', (_, { fields }) => ((fields.opened[1] ?? expect.unreachable()).value = '0x')],
  ])('behavior: refuted with %s', async (_, change) => {
    expect(status(changed(change))).toBe('refuted')
    expect((await verifyReceipt(changed(change))).status).toBe('refuted')
  })

  test('behavior: a root can’t be read as that of fewer messages', () => {
    const hashes =
      receipt.messages?.leafHashes.map((hash) => Buffer.from(hash.slice(2), 'hex')) ?? []
    const pair = createMerkleTree(hashes.slice(0, 2)).root
    const shorter = [pair, hashes[2] ?? expect.unreachable()]
    expect(createMerkleTree(shorter).root).toEqual(createMerkleTree(hashes).root)
    expect(messagesValue(shorter)).not.toEqual(messagesValue(hashes))
    const moved = changed((it) => {
      it.leafHashes = shorter.map((hash) => toHex(hash))
      it.opened = [{ ...(it.opened[2] ?? expect.unreachable()), index: '1' }]
    })
    expect(status(moved)).toBe('refuted')
  })

  test('behavior: a commitment that holds two lists of messages binds the last alone', () => {
    const { log, inference, batch } = receipt
    const logId = logIdOf({ ...log, chainId: Number(log.chainId) })
    const salt = (place: number) => new Uint8Array(32).fill(place)
    const listOf = (text: string) => [{ salt: salt(40), digest: messageDigest(text) }]
    const lists = [listOf('yes'), listOf('no')]
    const values = lists.map((list) => messagesValue(list.map(messageLeafHash)))
    const named = values.map((value) => ({ name: 'messages', value }))
    const fields = orderFields({}, named).map((field, i) => ({ ...field, salt: salt(i) }))
    const shown = lists.map((list, i) => {
      const made = createReceipt({
        place: { ...log, chainId: Number(log.chainId) },
        inference: { ...inference, logId, sequence: 0n, servedAt: 0n },
        ...{ fields, messages: list, signature: batch.signature },
        batch: { ...batch, logId, first: 0n, count: 1, tree: { proof: () => [] } } as never,
      })
      made.fields.opened = made.fields.opened.filter(({ index }) => index === String(9 + i))
      return made
    })
    expect(shown.map(status)).toEqual(['refuted', 'verified'])
    expect(reason(shown[0])).toContain('not the last of the commitment')
  })

  test('behavior: a text as large and as deep as there can be is hashed, and not read', () => {
    const json = `${'['.repeat(2 ** 18)}${']'.repeat(2 ** 18)}`
    const digest = createHash('sha256').update(json).digest()
    const leafHash = toHex(messageLeafHash({ salt: digest, digest }))
    const message = { salt: toHex(digest), sha256: toHex(digest), json }
    const large = changed((it, { fields }) => {
      it.leafHashes = Array.from({ length: 1024 }, () => leafHash)
      it.opened = Array.from({ length: 7 }, (_, i) => ({ ...message, index: String(i) }))
      const hashes = it.leafHashes.map((hash) => Buffer.from(hash.slice(2), 'hex'))
      ;(fields.opened[1] ?? expect.unreachable()).value = toHex(messagesValue(hashes))
    })
    expect(status(JSON.stringify(large))).toBe('verified')
  })

  test('behavior: a bundle gives them back as they went in', async () => {
    const given = [
      receipt,
      attachMessages(receipt, messages),
      redactReceipt(receipt, { reveal: ['messages[1]'] }),
      redactReceipt(receipt, { reveal: [] }),
    ]
    const lines: string[] = []
    for await (const line of createBundle(given)) lines.push(line)
    const out: string[] = []
    for await (const back of receiptsOf(lines.join(''))) out.push(JSON.stringify(back))
    expect(out).toEqual(given.map((it) => JSON.stringify(it)))
  })

  test('error: InvalidReceiptError beyond the limits', () => {
    const hash = receipt.inferenceId
    for (const change of [
      (it: Messages) => (it.leafHashes = []),
      (it: Messages) => (it.leafHashes = Array.from({ length: 1025 }, () => hash)),
      (it: Messages) => (first(it).json = 'x'.repeat(2 ** 20 + 1)),
      (it: Messages) => (first(it).json = '\ud800'),
      (it: Messages) => ((first(it) as Record<string, unknown>).more = ''),
    ]) {
      expect(() => parseReceipt(changed(change))).toThrow(InvalidReceiptError)
    }
  })

  test('error: InvalidInputError for a message that the receipt does not open', () => {
    const shown = redactReceipt(receipt, { reveal: ['messages[2]'] })
    expect(() => attachMessages(shown, [messages[2], messages[0]])).toThrow(InvalidInputError)
    expect(() => attachMessages(redactReceipt(receipt, { reveal: [] }), [messages[0]])).toThrow(
      InvalidInputError,
    )
    for (const message of [undefined, Number.NaN, '\ud800', () => 1, 1n]) {
      expect(() => attachMessages(receipt, [message])).toThrow(InvalidInputError)
    }
    expect(attachMessages(receipt, [])).toEqual(receipt)
  })
})
