import {
  type AciBinding,
  aciRules,
  type AttestationArchive,
  attestationReader,
  checkEnvironment,
  encodeArchive,
  inspectArchive,
  readAciReport,
  readArchive,
  reportDataOf,
  verifyArchive,
} from '@assay/attestation'
import type { EnvironmentClaim } from '@assay/sdk/formats'
import canonicalize from 'canonicalize'
import { type Hex, sha256, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { createAciService } from './support/aci-service.ts'
import { judgedAt } from './support/chains.ts'
import { createNitroAuthority } from './support/nitro-authority.ts'
import { ruleOf } from './support/refusals.ts'
import { createSnpAuthority } from './support/snp-authority.ts'
import { bodyAt, createTdxAuthority } from './support/tdx-authority.ts'

type Holder = AttestationArchive & { kind: 'tdx' | 'sev-snp' }
const service = createAciService()
const { key, keyset, receiptKey } = service
const nonce = Buffer.alloc(32, 0xab)
const snp = createSnpAuthority()
const tdx = createTdxAuthority()

/** An archive of a machine with these report data, and the pin of its root. */
const machines = {
  'sev-snp': (data: Uint8Array): { archive: Holder; pin: Hex } => {
    const { document, collateral, pin } = snp.documentOf({
      report: (bytes) => bytes.set(data, 0x50),
    })
    return { archive: { kind: 'sev-snp', document, collateral }, pin }
  },
  tdx: (data: Uint8Array): { archive: Holder; pin: Hex } => {
    const { document, collateral, pin } = tdx.documentOf({
      signedPart: (bytes) => {
        bytes.set(data, 48 + bodyAt.reportData)
        return bytes
      },
    })
    return { archive: { kind: 'tdx', document, collateral }, pin }
  },
}

describe.each(['sev-snp', 'tdx'] as const)('%s that binds a keyset', (kind) => {
  /** By which rule an archive is refused: its form, the document, the keyset, or what is registered, are judged as readers do it. */
  function judged(
    aci: AciBinding | undefined,
    {
      data = service.reportDataOf(aci?.keyset as object, aci?.nonce),
      registered = { keyType: 'ed25519', key },
    }: { data?: Uint8Array; registered?: Pick<EnvironmentClaim, 'keyType' | 'key'> } = {},
  ) {
    const { archive, pin } = machines[kind](data)
    const bytes = encodeArchive({ ...archive, aci })
    const plain = verifyArchive(archive, { at: judgedAt, pins: [pin] })
    const environment = {
      ...{ kind, measurement: plain.measurement, attestationDigest: sha256(bytes) },
      ...registered,
    }
    const reader = attestationReader({ archives: [bytes] })
    return ruleOf(() => reader.checkArchive(environment as never, judgedAt, [pin]))
  }

  test('default: a key of its list is bound, with a nonce or without', () => {
    expect(judged({ keyset })).toBe('accepted')
    expect(judged({ keyset, nonce })).toBe('accepted')
    const other = { ...receiptKey, key_id: 'receipt-0', public_key: '11'.repeat(32) }
    const unknown = { key_id: 'p', algo: 'post-quantum', public_key: 'another form' }
    const more = { ...keyset, receipt_signing_keys: [other, unknown, receiptKey], extra: [1.5] }
    expect(judged({ keyset: more })).toBe('accepted')
    expect(judged({ keyset }, { registered: { keyType: 'ed25519', key: upper(key) } })).toBe(
      'accepted',
    )
  })

  test('behavior: a report shows the keyset and the rules that it was judged by', () => {
    const { archive, pin } = machines[kind](service.reportDataOf(keyset, nonce))
    const options = { at: judgedAt, pins: [pin] }
    const report = verifyArchive({ ...archive, aci: { keyset, nonce } }, options)
    expect(report).toMatchObject({
      aci: {
        digest: sha256(Buffer.from(canonicalize(keyset)!)),
        notAfter: keyset.not_after,
        receiptKeys: [{ id: 'receipt-1', key }],
        nonce: toHex(nonce),
      },
    })
    const names = report.rules.map(({ rule }) => rule)
    expect(names).toEqual(expect.arrayContaining(Object.keys(aciRules)))
    const without = verifyArchive(archive, options)
    expect(without).not.toHaveProperty('aci')
    expect(without.rules.some(({ rule }) => Object.hasOwn(aciRules, rule))).toBe(false)
  })

  const { not_after: _, ...endless } = keyset
  const within = (change: object) => ({ keyset: { ...keyset, ...change } })
  const [second] = [createAciService()]
  const slot = service.reportDataOf()
  const broken: [string, keyof typeof aciRules, AciBinding, { data?: Uint8Array }?][] = [
    ['a keyset without end', 'keysetForm', { keyset: endless }],
    ['an end that is no time', 'keysetForm', within({ not_after: '1800000000' })],
    ['an end beyond all years', 'keysetForm', within({ not_after: 253_402_300_800 })],
    ['no list of keys', 'keysetForm', within({ receipt_signing_keys: receiptKey })],
    ['a key that is none', 'keysetForm', within({ receipt_signing_keys: [null] })],
    ['a key without id', 'keysetForm', keyWith({ key_id: 1 })],
    ['a key without algorithm', 'keysetForm', keyWith({ algo: undefined })],
    ['a key of another length', 'keysetForm', keyWith({ public_key: key.slice(4) })],
    ['a key in capitals', 'keysetForm', keyWith({ public_key: upper(key).slice(2) })],
    [
      'more keys than anybody has',
      'keysetForm',
      within({ receipt_signing_keys: Array(101).fill(receiptKey) }),
    ],
    ['a nonce of 31 bytes', 'keysetForm', { keyset, nonce: nonce.subarray(1) }],
    ['report data of another keyset', 'keysetBinding', { keyset }, { data: second.reportDataOf() }],
    ['a keyset with a member more', 'keysetBinding', within({ more: 1 }), { data: slot }],
    ['a nonce that was not asked with', 'keysetBinding', { keyset, nonce }, { data: slot }],
    [
      'a nonce that is kept back',
      'keysetBinding',
      { keyset },
      { data: service.reportDataOf(keyset, nonce) },
    ],
    ['report data that say more', 'keysetBinding', { keyset }, { data: slot.with(63, 1) }],
    [
      'report data of the key alone',
      'keysetBinding',
      { keyset },
      {
        data: Buffer.concat([
          Buffer.from(reportDataOf('ed25519', key).slice(2), 'hex'),
          Buffer.alloc(32),
        ]),
      },
    ],
    ['a keyset that ends as it is judged', 'keysetValidity', within({ not_after: judgedAt })],
  ]
  test.each(broken)('error: AttestationRefusedError for %s: %s', (_, rule, aci, options) => {
    expect(judged(aci, options)).toBe(rule)
  })

  test('behavior: each rule has a document that breaks it and nothing else', () => {
    const rules = new Set(broken.map(([, rule]) => rule))
    expect([...rules].sort()).toEqual(Object.keys(aciRules).sort())
    expect(judged(within({ not_after: judgedAt + 1 }))).toBe('accepted')
  })

  const elsewhere = { keyset: { ...keyset, receipt_signing_keys: [second.receiptKey] } }
  test.each<[string, AciBinding | undefined, Parameters<typeof judged>[1]?]>([
    ['a key that its keyset has not', elsewhere],
    ['a key that its keyset has for something else', withRole('e2ee_public_keys', elsewhere)],
    ['a key of an algorithm that is not known', keyWith({ algo: 'ed25519-other' })],
    ['no key at all', within({ receipt_signing_keys: [] })],
    [
      'a key of another type',
      { keyset },
      { registered: { keyType: 'p256', key: `0x${key.slice(2)}` } },
    ],
    ['no registered key', { keyset }, { registered: { keyType: 'none', key: '0x' } }],
    ['a keyset that was not archived', undefined, { data: slot }],
  ])('error: AttestationRefusedError for %s: registeredKey', (_, aci, options) => {
    expect(judged(aci, options)).toBe('registeredKey')
  })

  test('behavior: a report without keyset binds as before, one with a keyset in no other way', () => {
    const data = Buffer.concat([Buffer.from(key.slice(2), 'hex'), Buffer.alloc(32)])
    expect(judged(undefined, { data })).toBe('accepted')
    const { archive, pin } = machines[kind](data)
    const report = verifyArchive(archive, { at: judgedAt, pins: [pin] })
    const { measurement, documentDigest: attestationDigest } = report
    const claim = { kind, measurement, attestationDigest, keyType: 'ed25519', key } as const
    expect(ruleOf(() => checkEnvironment(report, claim))).toBe('accepted')
    const aci = { digest: sha256('0x01'), notAfter: judgedAt + 1, receiptKeys: [] }
    expect(ruleOf(() => checkEnvironment({ ...report, aci } as never, claim))).toBe('registeredKey')
  })

  test('behavior: what a keyset says can be read without being believed', () => {
    const { archive } = machines[kind](nonce)
    const { says } = inspectArchive({ ...archive, aci: { keyset, nonce } })
    expect(says).toEqual(
      expect.arrayContaining([
        ['keyset', sha256(Buffer.from(canonicalize(keyset)!))],
        ['keyset ends', '2029-06-17T14:13:20Z'],
        ['keyset asked with', toHex(nonce)],
        ['receipt key 1', `${key}, receipt-1`],
      ]),
    )
    expect(inspectArchive(archive).says.some(([name]) => name.startsWith('keyset'))).toBe(false)
    const given = { ...archive, aci: { keyset: endless } }
    expect(ruleOf(() => inspectArchive(given))).toBe('keysetForm')
  })

  test('behavior: it is archived with the document, in one form', () => {
    const { archive } = machines[kind](nonce)
    const bytes = encodeArchive({ ...archive, aci: { keyset, nonce } })
    const read = readArchive(bytes)
    expect(read.aci).toEqual({ keyset, nonce })
    expect(Buffer.from(encodeArchive(read)).equals(bytes)).toBe(true)
    const members = JSON.parse(Buffer.from(bytes).toString()) as { aci: object }
    for (const aci of [null, [], {}, { keyset: [] }, { keyset: 'text' }]) refused(members, { aci })
    refused(members, { aci: { ...members.aci, nonce: 'ä' } })
    refused(members, { aci: { ...members.aci, more: 1 } })
    // JSON that no canonical JSON is of.
    for (const value of ['1e999', '"\\ud800"']) {
      const text = JSON.stringify(members).replace('"subject":null', `"subject":${value}`)
      expect(() => readArchive(Buffer.from(text))).toThrow(
        expect.objectContaining({ name: 'InvalidArchiveError' }),
      )
    }
  })
})

test('error: InvalidArchiveError for a keyset beside a document of Nitro', () => {
  const { document } = createNitroAuthority().documentOf()
  const bytes = encodeArchive({ kind: 'nitro', document })
  refused(JSON.parse(Buffer.from(bytes).toString()) as object, { aci: { keyset } })
})

describe('the report of a service', () => {
  const report = { api_version: 'aci/1', attestation: { workload_keyset: keyset, tee_type: 'tdx' } }

  test('default: its keyset is taken as it is', () => {
    expect(readAciReport(report)).toEqual(keyset)
  })

  test('error: InvalidAttestationOptionsError for what is none', () => {
    const others = [
      ...[null, 'text', [], {}, { ...report, api_version: 'aci/2' }],
      ...[null, 'x', {}, { workload_keyset: null }, { workload_keyset: [] }].map((attestation) => ({
        ...report,
        attestation,
      })),
    ]
    for (const other of others) {
      expect(() => readAciReport(other), JSON.stringify(other)).toThrow(
        expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
      )
    }
  })
})

function keyWith(change: object): AciBinding {
  const changed = JSON.parse(JSON.stringify({ ...receiptKey, ...change })) as object
  return { keyset: { ...keyset, receipt_signing_keys: [changed] } }
}

function withRole(role: string, { keyset: of }: AciBinding): AciBinding {
  return { keyset: { ...(of as object), [role]: [receiptKey] } }
}

function upper(hex: Hex): Hex {
  return `0x${hex.slice(2).toUpperCase()}`
}

function refused(members: object, change: object): void {
  const bytes = Buffer.from(canonicalize({ ...members, ...change })!)
  expect(() => readArchive(bytes), JSON.stringify(change)).toThrow(
    expect.objectContaining({ name: 'InvalidArchiveError' }),
  )
}
