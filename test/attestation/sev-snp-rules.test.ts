import {
  type SevSnpOptions,
  type SevSnpRule,
  sevSnpRules,
  verifySevSnp,
} from '@assay/attestation/sev-snp'
import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../attestation/src/x509/certificate.ts'
import { brokenChains } from './support/broken-chains.ts'
import { type Extension, withExtension, withoutExtension } from './support/certificates.ts'
import { changing, judgedAt, newKey } from './support/chains.ts'
import { integer, octets, text } from './support/der.ts'
import { ruleOf } from './support/refusals.ts'
import { rsaKey } from './support/rsa-keys.ts'
import { createSnpAuthority, type SnpChanges } from './support/snp-authority.ts'

const authority = createSnpAuthority()
const stranger = newKey('P-384')
const amd = '1.3.6.1.4.1.3704.1'

function verify(changes: SnpChanges, options: Partial<SevSnpOptions> = {}) {
  const { document, collateral, pin } = authority.documentOf(changes)
  return ruleOf(() => verifySevSnp(document, { at: judgedAt, pins: [pin], collateral, ...options }))
}

const byte = (at: number, value: number): SnpChanges => ({
  report: (report) => report.writeUInt8(value, at),
})
const leaf = (change: (extensions: readonly Extension[]) => readonly Extension[]): SnpChanges => ({
  certificates: changing(0, ({ extensions }) => ({ extensions: change(extensions) })),
})
const leafSays = (id: string, value: Uint8Array) =>
  leaf((extensions) => withExtension(extensions, { id: `${amd}.${id}`, value }))
const leafOmits = (id: string) => leaf((extensions) => withoutExtension(extensions, `${amd}.${id}`))

const broken: [SevSnpRule, string, SnpChanges][] = [
  ['size', 'nothing', { signed: () => Buffer.alloc(0) }],
  ['size', 'a byte too many', { signed: (report) => Buffer.concat([report, Buffer.of(0)]) }],
  ['size', 'a byte less', { signed: (report) => report.subarray(1) }],
  ...[0, 1, 4, 6, 255].map((version): [SevSnpRule, string, SnpChanges] => [
    'version',
    `version ${version}`,
    byte(0, version),
  ]),
  ...[0x4c, 0x18b, 0x19f, 0x1eb, 0x1ef, 0x1f8, 0x29f].map(
    (at): [SevSnpRule, string, SnpChanges] => ['version', `byte ${at} is reserved`, byte(at, 1)],
  ),
  ['version', 'version 2 has no processor', { version: 2, ...byte(0x188, 0x19) }],
  ['version', 'r is too large', { signed: (report) => (report.writeUInt8(1, 0x2a0 + 48), report) }],
  [
    'version',
    'something behind the signature',
    { signed: (report) => (report.writeUInt8(1, 0x49f), report) },
  ],
  ['algorithm', 'another algorithm', byte(0x34, 2)],
  ['signingKey', 'no key signed', byte(0x48, 7 << 2)],
  ['signingKey', 'an unknown key signed', byte(0x48, 2 << 2)],
  ['signingKey', 'a flag that is unknown', byte(0x48, 1 << 5)],
  ['signingKey', 'a VLEK signed, the certificate is of a VCEK', byte(0x48, 1 << 2)],
  [
    'signingKey',
    'a VCEK signed, the certificate is of a VLEK',
    { provider: 'example', ...byte(0x48, 0) },
  ],
  ['product', 'a processor that is unknown', byte(0x188, 0x17)],
  ['product', 'a processor of another product', byte(0x189, 0x11)],
  ['product', 'a certificate of another product', leafSays('2', text(0x16, 'Genoa-B0'))],
  ['product', 'a certificate of a product that is unknown', leafSays('2', text(0x16, 'Rome'))],
  ['product', 'a certificate without product', leafOmits('2')],
  ['product', 'a product that is no text', leafSays('2', integer(1))],
  [
    'product',
    'a root of another product',
    {
      certificates: (specs) => [
        ...changing(1, () => ({ issuer: 'ARK-Genoa' }))(specs).slice(0, 2),
        { ...specs[2]!, issuer: 'ARK-Genoa', subject: 'ARK-Genoa' },
      ],
    },
  ],
  ['collateral', 'no collateral', { collateral: () => 'none' }],
  [
    'collateral',
    'a certificate less',
    { collateral: ({ certificates }) => ({ certificates: certificates.slice(1) }) },
  ],
  ['collateral', 'certificates as texts', { collateral: () => ({ certificates: ['', '', ''] }) }],
  ['tcb', 'the report names older firmware than its key is for', byte(0x180, 2)],
  ['tcb', 'the report names newer microcode than its key is for', byte(0x187, 116)],
  ['tcb', 'older firmware runs', byte(0x38, 2)],
  ['tcb', 'a version that is reserved', byte(0x183, 1)],
  ['tcb', 'a certificate that leaves a version out', leafOmits('3.3')],
  ['tcb', 'a version that is no number', leafSays('3.3', text(0x16, '8'))],
  ['tcb', 'another version in the certificate', leafSays('3.8', integer(114))],
  ['chipId', 'another chip', byte(0x1a0, 1)],
  ['chipId', 'a certificate without chip', leafOmits('4')],
  ['chipId', 'a certificate of another chip', leafSays('4', Buffer.alloc(64, 1))],
  ['chipId', 'a chip of a longer form', leafSays('4', octets(Buffer.alloc(64, 0xc1)))],
  ['chipId', 'more than the id of a chip of Turin', { product: 'Turin', ...byte(0x1a8, 1) }],
  [
    'chipId',
    "a provider's key that names a chip",
    { provider: 'example', ...leafSays('4', Buffer.alloc(64, 0xc1)) },
  ],
  ['signature', 'another key signed', { signer: stranger }],
  [
    'signature',
    'something else was signed',
    { signed: (report) => (report.writeUInt8(0, 0x50), report) },
  ],
  ['signature', 'r is zero', { signed: (report) => report.fill(0, 0x2a0, 0x2a0 + 48) }],
  ['revocationList', 'a list by another key', { list: { signer: rsaKey(2) } }],
  ['revocationList', 'a list of another algorithm', { list: { algorithm: 'rsa-pkcs1-sha384' } }],
  ['revocationList', 'a list by another name', { list: { issuer: 'ARK-Genoa' } }],
  ['revocationList', 'a list that has ended', { list: { nextUpdate: judgedAt - 1 } }],
  ['revocationList', 'a list to come', { list: { thisUpdate: judgedAt + 1 } }],
  ['revocationList', 'a list of version 1', { list: { version: 1 } }],
  [
    'revocationList',
    'a list of some certificates',
    { list: { extensions: [{ id: '2.5.29.28', critical: true, value: octets() }] } },
  ],
  ['revocationList', 'no list', { list: { afterSigning: () => Buffer.of(5, 0) } }],
  [
    'revocationList',
    'a list with more behind it',
    { list: { afterSigning: (der) => Buffer.concat([der, Buffer.of(0)]) } },
  ],
  ['debugMode', 'the guest can be debugged', byte(0x0a, 0x0b)],
  ['migration', 'the guest can be migrated', byte(0x0a, 0x07)],
  ['vmpl', 'a lower level', byte(0x30, 1)],
]

describe('error: AttestationRefusedError', () => {
  test.each(broken)('%s: %s', (rule, _, changes) => {
    expect(verify(changes)).toBe(rule)
  })

  test('revoked: the key that signed the certificate', () => {
    // Its serial number is another one in each certificate that is written; the good ones are written once.
    const authorityOfOne = createSnpAuthority()
    const { document, collateral, pin } = authorityOfOne.documentOf({ list: {} })
    const { serial } = readCertificate(collateral.certificates[1]!)
    const { collateral: listed } = authorityOfOne.documentOf({
      list: { revoked: [Buffer.of(7), serial] },
    })
    const verifyWith = (given: typeof collateral) =>
      ruleOf(() => verifySevSnp(document, { at: judgedAt, pins: [pin], collateral: given }))
    expect(verifyWith(collateral)).toBe('accepted')
    expect(verifyWith(listed)).toBe('revoked')
  })

  const chains = brokenChains(3, rsaKey(2))
  test.each(chains)('$rule: $what', ({ rule, change }) => {
    expect(verify({ certificates: change })).toBe(rule)
  })

  test('root: an authority that nobody pinned', () => {
    expect(verify({}, { pins: [] })).toBe('root')
    expect(verify({}, { pins: [`0x${'0'.repeat(64)}`] })).toBe('root')
  })

  test('behavior: every rule has a report that breaks it', () => {
    const rules = new Set<string>([
      ...broken.map(([rule]) => rule),
      ...chains.map((chain) => chain.rule),
      'root',
      'revoked',
    ])
    expect([...rules].sort()).toEqual(Object.keys(sevSnpRules).sort())
  })
})
