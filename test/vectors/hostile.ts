/**
 * Hostile receipts that were found, or thought of, with what has to come of them offline. Each is a text, or a text with a part
 * that is repeated. What comes of it is written here by hand, never computed.
 */
import type { InferenceReceipt } from '@assay/sdk'

export type HostileVector = {
  name: string
  /** `refused`: no receipt at all. Else what the report's line of that name says. */
  outcome:
    | 'refused'
    | {
        check: 'commitment' | 'inclusion' | 'signature' | 'messages'
        status: 'verified' | 'refuted' | 'unknown'
      }
  text: string
  /** `{…}` in the text stands for this unit, so many times. */
  repeated?: { unit: string; times: number }
}

const hole = '{…}'

/** @param honest - A receipt of a batch with several, in which all fields are shown. */
export function hostileReceipts(honest: InferenceReceipt): HostileVector[] {
  const json = JSON.stringify(honest)
  const changed = (change: (receipt: InferenceReceipt) => void): string => {
    const receipt = structuredClone(honest)
    change(receipt)
    return JSON.stringify(receipt)
  }
  const refused = (
    name: string,
    text: string,
    repeated?: HostileVector['repeated'],
  ): HostileVector => ({
    ...{ name, outcome: 'refused', text },
    ...(repeated && { repeated }),
  })
  const judged = (
    name: string,
    outcome: Exclude<HostileVector['outcome'], string>,
    text: string,
  ) => ({
    ...{ name, outcome, text },
  })
  const { signature, root, count, proof } = honest.batch
  return [
    refused(
      'a member named twice',
      json.replace('"owner":', `"owner":"0x${'00'.repeat(20)}","owner":`),
    ),
    refused(
      'a member named twice, once with an escape',
      json.replace('"owner":', `"\\u006fwner":"0x${'00'.repeat(20)}","owner":`),
    ),
    refused(
      'a member that every object inherits',
      json.replace('{', '{"__proto__":{"status":"verified"},'),
    ),
    refused(
      'an endpoint that would say yes',
      json.replace('"hints":{', '"hints":{"rpc":"http://127.0.0.1:1",'),
    ),
    refused(
      'a lone surrogate',
      changed((it) => (it.fields.opened[3]!.name = '\ud800')),
    ),
    refused(
      'half a character, written as an escape',
      json.replace('"endpoint"', '"endpoint\\udc00"'),
    ),
    refused('a mark of byte order', `\ufeff${json}`),
    refused('a number instead of its digits', json.replace('"count":"3"', '"count":3')),
    refused('a number with a zero before it', json.replace('"count":"3"', '"count":"03"')),
    refused('2^32', json.replace('"count":"3"', '"count":"4294967296"')),
    refused('digits of another script', json.replace('"count":"3"', '"count":"３"')),
    refused('hex in capital letters', json.replace(root, `0x${root.slice(2).toUpperCase()}`)),
    refused('a line end behind hex', json.replace(`${root}"`, `${root}\\n"`)),
    refused('nested a hundred thousand times', json.replace('"hints":{}', `"hints":${hole}`), {
      unit: '[',
      times: 100_000,
    }),
    refused(
      'more lists than there is memory for',
      json.replace('"hints":{}', `"hints":[${hole}0]`),
      { unit: '[],', times: 1_000_000 },
    ),
    refused(
      'a name of half a million quotation marks',
      json.replace('"hints":{', `"hints":{"${hole}":0,`).replace(',}', '}'),
      { unit: '\\"', times: 500_000 },
    ),
    refused('a value of a megabyte and a digit', json.replace(signature, `0x${hole}a`), {
      unit: 'ab',
      times: 2 ** 20,
    }),
    refused(
      '17 leaf hashes',
      changed((it) => it.fields.leafHashes.push(...it.fields.leafHashes.slice(0, 8))),
    ),
    refused(
      '33 hashes in the proof',
      changed((it) => (it.batch.proof = Array<typeof root>(33).fill(root))),
    ),
    judged(
      'a value of a megabyte, in which a pattern with a repeated group overflows',
      { check: 'commitment', status: 'refuted' },
      changed((it) => (it.fields.opened[3]!.value = `0x${'00'.repeat(0)}`)).replace(
        '"value":"0x"',
        `"value":"0x${hole}"`,
      ),
    ),
    judged(
      'a field opened twice',
      { check: 'commitment', status: 'refuted' },
      changed((it) => it.fields.opened.push(it.fields.opened[0]!)),
    ),
    judged(
      'a standard field as an extension',
      { check: 'commitment', status: 'refuted' },
      changed((it) => (it.fields.opened[0]!.index = '9')),
    ),
    judged(
      'salt and value cut at another place',
      { check: 'commitment', status: 'refuted' },
      changed((it) => {
        const field = it.fields.opened[3]!
        const bytes = field.salt.slice(2) + field.value.slice(2)
        Object.assign(field, { salt: `0x00${bytes.slice(0, 62)}`, value: `0x${bytes.slice(62)}` })
      }),
    ),
    judged(
      'fields that are not shown',
      { check: 'commitment', status: 'verified' },
      changed((it) => (it.fields.opened = [])),
    ),
    judged(
      'a name that a terminal would obey',
      { check: 'commitment', status: 'refuted' },
      changed((it) => (it.fields.opened[3]!.name = '\u001b[2J\u202everified')),
    ),
    judged(
      'the batch said to be larger, where the same proof leads to its root as well: only the signature binds its size',
      { check: 'signature', status: 'unknown' },
      changed((it) => (it.batch.count = String(Number(count) + 1))),
    ),
    judged(
      'a batch of none',
      { check: 'inclusion', status: 'refuted' },
      changed((it) => (it.batch.count = '0')),
    ),
    judged(
      'a proof with a hash too many',
      { check: 'inclusion', status: 'refuted' },
      changed((it) => (it.batch.proof = [...proof, root])),
    ),
    judged(
      'the root in the place of the leaf',
      { check: 'inclusion', status: 'refuted' },
      changed((it) => (it.inferenceId = root)),
    ),
    judged(
      'the last number that there is',
      { check: 'inclusion', status: 'refuted' },
      changed((it) => (it.inference.sequence = String(2n ** 64n - 1n))),
    ),
    judged(
      'the twin of the signature',
      { check: 'signature', status: 'unknown' },
      changed((it) => {
        const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
        const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
        it.batch.signature = `0x${signature.slice(2, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}`
      }),
    ),
    judged(
      'a signature of nothing',
      { check: 'signature', status: 'unknown' },
      changed((it) => (it.batch.signature = '0x')),
    ),
    judged(
      'a signature with r = 0',
      { check: 'signature', status: 'unknown' },
      changed(
        (it) =>
          (it.batch.signature = `0x${'00'.repeat(32)}${signature.slice(66)}` as typeof signature),
      ),
    ),
    judged(
      'messages that no field binds',
      { check: 'messages', status: 'refuted' },
      changed((it) => (it.messages = { leafHashes: [root], opened: [] })),
    ),
    judged(
      'messages bound by a field that is not the last of the commitment',
      { check: 'messages', status: 'refuted' },
      changed((it) => {
        const value = `0x00000001${root.slice(2)}` as const
        it.messages = { leafHashes: [root], opened: [] }
        it.fields.leafHashes.push(root, root)
        it.fields.opened.push({ index: '9', name: 'messages', salt: root, value })
      }),
    ),
    judged('the receipt itself', { check: 'signature', status: 'verified' }, json),
  ].map((it: HostileVector) =>
    it.text.includes(hole) && !it.repeated
      ? { ...it, repeated: { unit: '61', times: 2 ** 20 } }
      : it,
  )
}

/** The text of a vector. */
export function textOfVector({ text, repeated }: HostileVector): string {
  return repeated ? text.replace(hole, () => repeated.unit.repeat(repeated.times)) : text
}
