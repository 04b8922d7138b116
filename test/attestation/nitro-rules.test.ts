import { nitroRules, type NitroRule, verifyNitro } from '@assay/attestation/nitro'
import { describe, expect, test } from 'vitest'
import { brokenChains } from './support/broken-chains.ts'
import { judgedAt, newKey } from './support/chains.ts'
import { cbor, createNitroAuthority, type NitroChanges } from './support/nitro-authority.ts'
import { ruleOf } from './support/refusals.ts'

const authority = createNitroAuthority()
const stranger = newKey('P-384')

/** A payload with a member that is another one, or none. */
const member = (name: string, value?: unknown): NitroChanges => ({
  payload: (members) => {
    if (value === undefined) members.delete(name)
    else members.set(name, value)
  },
})
const pcrs = (change: (pcrs: Map<unknown, unknown>) => void): NitroChanges => ({
  payload: (members) => change(members.get('pcrs') as Map<unknown, unknown>),
})
/** The payload's map, with bytes before its members and its count changed by a number. */
const raw = (more: Buffer, count: number): NitroChanges => ({
  write: (members) => {
    const encoded = cbor(members)
    return Buffer.concat([Buffer.of(encoded[0]! + count), more, encoded.subarray(1)])
  },
})
const bytes = (change: (document: Buffer) => Uint8Array): NitroChanges => ({ bytes: change })

// Each breaks one rule, and is good in everything else: it is signed again where what is changed is signed.
const broken: [NitroRule, string, NitroChanges][] = [
  ['size', 'bytes beyond all bounds', bytes(() => Buffer.alloc(17_409))],
  ['size', 'a payload that is too large', member('nonce', Buffer.alloc(16_384))],
  ['form', 'nothing', bytes(() => Buffer.alloc(0))],
  ['form', 'a tag and nothing', bytes(() => Buffer.of(0xd2))],
  ['form', 'another tag', bytes((document) => Buffer.concat([Buffer.of(0xd1), document]))],
  ['form', 'a tag twice', bytes((document) => Buffer.concat([Buffer.of(0xd2, 0xd2), document]))],
  ['form', 'a byte after the end', bytes((document) => Buffer.concat([document, Buffer.of(0)]))],
  [
    'form',
    'five parts',
    bytes((document) => Buffer.concat([Buffer.of(0x85), document.subarray(1), Buffer.of(0)])),
  ],
  [
    'form',
    'an array of open length',
    bytes((document) => Buffer.concat([Buffer.of(0x9f), document.subarray(1), Buffer.of(0xff)])),
  ],
  [
    'form',
    'a length in a longer form',
    bytes((document) => Buffer.concat([Buffer.of(0x98, 4), document.subarray(1)])),
  ],
  [
    'form',
    'something that is not signed',
    { parts: () => ({ unprotected: new Map([[4, Buffer.alloc(1)]]) }) },
  ],
  ['form', 'a payload that is elsewhere', { parts: () => ({ payload: null as never }) }],
  ['algorithm', 'ES256', { protectedHeader: cbor(new Map([[1, -7]])) }],
  ['algorithm', 'no algorithm', { protectedHeader: Buffer.alloc(0) }],
  [
    'algorithm',
    'more in the header',
    {
      protectedHeader: cbor(
        new Map<number, unknown>([
          [1, -35],
          [4, Buffer.alloc(1)],
        ]),
      ),
    },
  ],
  [
    'algorithm',
    'the header in another encoding',
    { protectedHeader: Buffer.from('bf013822ff', 'hex') },
  ],
  [
    'algorithm',
    'a signature that is cut off',
    { parts: ({ signature }) => ({ signature: signature.subarray(0, 64) }) },
  ],
  ['payload', 'no CBOR', { write: () => Buffer.of(0xff) }],
  ['payload', 'a list', { write: () => cbor([1]) }],
  ['payload', 'nesting without end', { write: () => Buffer.alloc(16_384, 0x81) }],
  ['payload', 'a length without end', { write: () => Buffer.from('bbffffffffffffffff', 'hex') }],
  ['payload', 'a member that nobody knows', member('more', 1)],
  ['payload', 'a member twice', raw(Buffer.concat([cbor('digest'), cbor('SHA384')]), 1)],
  ['payload', 'a time beyond all numbers', member('timestamp', 2n ** 63n)],
  ...(['module_id', 'digest', 'timestamp', 'pcrs', 'certificate', 'cabundle'] as const).map(
    (name): [NitroRule, string, NitroChanges] => ['payload', `no ${name}`, member(name)],
  ),
  ['moduleId', 'a module without name', member('module_id', '')],
  ['moduleId', 'a module that is a number', member('module_id', 1)],
  ['digest', 'SHA-256', member('digest', 'SHA256')],
  ['timestamp', 'no time', member('timestamp', 0)],
  ['timestamp', 'a time to come', member('timestamp', (judgedAt + 301) * 1000)],
  ['timestamp', 'a time before its certificate', member('timestamp', (judgedAt - 3_601) * 1000)],
  ['pcrs', 'no registers', member('pcrs', new Map())],
  ['pcrs', 'a list of registers', member('pcrs', [Buffer.alloc(48)])],
  [
    'pcrs',
    'a register too many',
    pcrs((map) => {
      for (let i = 0; i < 33; i++) map.set(i, Buffer.alloc(48, 1))
    }),
  ],
  ['pcrs', 'a register of another number', pcrs((map) => map.set(32, Buffer.alloc(48)))],
  ['pcrs', 'a register with a name', pcrs((map) => map.set('3', Buffer.alloc(48)))],
  ['pcrs', 'a register of another size', pcrs((map) => map.set(3, Buffer.alloc(32)))],
  ['pcrs', 'no PCR2', pcrs((map) => map.delete(2))],
  ...[0, 1, 2].map((i): [NitroRule, string, NitroChanges] => [
    'debugMode',
    `PCR${i} is zero`,
    pcrs((map) => map.set(i, Buffer.alloc(48))),
  ]),
  ['publicKey', 'an empty key', member('public_key', Buffer.alloc(0))],
  ['publicKey', 'an excessive key', member('public_key', Buffer.alloc(1_025))],
  ['publicKey', 'a key that is a text', member('public_key', 'key')],
  ['userData', 'excessive user data', member('user_data', Buffer.alloc(513))],
  ['nonce', 'an excessive nonce', member('nonce', Buffer.alloc(513))],
  ['certificates', 'an empty bundle', member('cabundle', [])],
  ['certificates', 'a bundle of texts', member('cabundle', ['root'])],
  ['certificates', 'an empty certificate', member('certificate', Buffer.alloc(0))],
  ['certificates', 'an excessive certificate', member('certificate', Buffer.alloc(1_025))],
  [
    'certificateForm',
    'a chain without end',
    member(
      'cabundle',
      Array.from({ length: 8 }, () => Buffer.alloc(1)),
    ),
  ],
  ['certificateForm', 'no certificate', member('certificate', Buffer.alloc(9))],
  ['signature', 'another key signed', { signer: stranger }],
  [
    'signature',
    'another payload was signed',
    { parts: ({ payload }) => ({ payload: Buffer.from(payload).fill(1, payload.length - 1) }) },
  ],
]

describe('error: AttestationRefusedError', () => {
  test.each(broken)('%s: %s', (rule, _, changes) => {
    const { document, pin } = authority.documentOf(changes)
    expect(ruleOf(() => verifyNitro(document, { at: judgedAt, pins: [pin] }))).toBe(rule)
  })

  const chains = brokenChains(5, stranger)
  test.each(chains)('$rule: $what', ({ rule, change }) => {
    const { document, pin } = authority.documentOf({ certificates: change })
    expect(ruleOf(() => verifyNitro(document, { at: judgedAt, pins: [pin] }))).toBe(rule)
  })

  test('root: an authority that nobody pinned, whose names are the same', () => {
    const { document } = createNitroAuthority().documentOf()
    const { pin } = authority.documentOf()
    expect(ruleOf(() => verifyNitro(document, { at: judgedAt, pins: [pin] }))).toBe('root')
    expect(ruleOf(() => verifyNitro(document, { at: judgedAt, pins: [] }))).toBe('root')
    expect(ruleOf(() => verifyNitro(document, { at: judgedAt }))).toBe('root')
  })

  test('behavior: every rule has a document that breaks it', () => {
    const rules = new Set<string>([
      ...broken.map(([rule]) => rule),
      ...chains.map((c) => c.rule),
      'root',
    ])
    expect([...rules].sort()).toEqual(Object.keys(nitroRules).sort())
  })
})
