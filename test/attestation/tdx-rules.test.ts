import { type TdxOptions, type TdxRule, tdxRules, verifyTdx } from '@assay/attestation/tdx'
import { describe, expect, test } from 'vitest'
import { brokenChains } from './support/broken-chains.ts'
import { withExtension, withoutExtension } from './support/certificates.ts'
import { changing, judgedAt, newKey } from './support/chains.ts'
import { octets, sequence } from './support/der.ts'
import { ruleOf } from './support/refusals.ts'
import { bodyAt, createTdxAuthority, type TdxChanges } from './support/tdx-authority.ts'

const authority = createTdxAuthority()
const { serials, rootMember } = authority
const stranger = newKey('P-256')
const sgx = '1.2.840.113741.1.13.1'

function verify(changes: TdxChanges, options: Partial<TdxOptions> = {}) {
  const { document, collateral, pin } = authority.documentOf(changes)
  return ruleOf(() => verifyTdx(document, { at: judgedAt, pins: [pin], collateral, ...options }))
}

/** Bytes before they are signed. */
const signed = (at: number, ...values: number[]): TdxChanges => ({
  signedPart: (bytes) => {
    bytes.set(values, at)
    return bytes
  },
})
const body = (at: number, ...values: number[]) => signed(48 + at, ...values)
const quote = (change: (bytes: Buffer) => Uint8Array): TdxChanges => ({ quote: change })
const enclave = (at: number, ...values: number[]): TdxChanges => ({
  enclave: (report) => report.set(values, at),
})
const member = (name: string, value: unknown) => (object: object) => ({ ...object, [name]: value })
const list = (part: 'rootList' | 'platformList') =>
  (
    [
      ['by another key', { signer: stranger }],
      ['by another name', { issuer: 'Somebody else' }],
      ['that has ended', { nextUpdate: judgedAt - 1 }],
      ['to come', { thisUpdate: judgedAt + 1 }],
      ['that is none', { afterSigning: () => Buffer.of(1) }],
    ] as const
  ).map(([what, change]): [TdxRule, string, TdxChanges] => [
    'revocationList',
    `a ${part} ${what}`,
    { [part]: change },
  ])
const texts = (part: 'info' | 'identity', rule: TdxRule) =>
  (
    [
      ['of another id', member('id', 'SGX')],
      ['of another version', member('version', 1)],
      ['that has ended', member('nextUpdate', '2026-01-01T00:00:00Z')],
      ['to come', member('issueDate', '2027-01-01T00:00:00Z')],
      ['without time', member('issueDate', 'today')],
      ['without levels', member('tcbLevels', {})],
      ['with a level of another form', member('tcbLevels', [{ tcb: 1 }])],
      [
        'with a status that is unknown',
        member('tcbLevels', [{ tcb: { isvsvn: 0, pcesvn: 0 }, tcbStatus: 'Fine' }]),
      ],
      ['that is a list', () => []],
      ['that is no JSON', () => '{'],
    ] as const
  ).map(([what, change]): [TdxRule, string, TdxChanges] => [
    rule,
    `a text ${what}`,
    { [part]: change },
  ])

const broken: [TdxRule, string, TdxChanges][] = [
  ['size', 'bytes beyond all bounds', quote(() => Buffer.alloc(32_769))],
  ['size', 'a byte behind the end', quote((bytes) => Buffer.concat([bytes, Buffer.of(0)]))],
  ['size', 'a byte less', quote((bytes) => bytes.subarray(0, -1))],
  ['version', 'nothing', quote(() => Buffer.alloc(0))],
  ['version', 'half a header', quote((bytes) => bytes.subarray(0, 30))],
  ['version', 'version 3', signed(0, 3)],
  ['version', 'version 6', signed(0, 6)],
  ['teeType', 'SGX', signed(4, 0)],
  ['algorithm', 'ECDSA with P-384', signed(2, 3)],
  ['algorithm', 'a quoting enclave of somebody else', signed(12, 0)],
  ['body', 'half a body', quote((bytes) => bytes.subarray(0, 300))],
  ['body', 'an enclave of SGX', { version: 5, ...signed(48, 1) }],
  ['body', 'a body of another size', { version: 5, ...signed(50, 0x49) }],
  ['certification', 'another type', { types: [5, 5] }],
  ['certification', 'an encrypted id in place of certificates', { types: [6, 3] }],
  [
    'certification',
    'an end that is cut off',
    quote((bytes) => {
      bytes.writeUInt32LE(64, 632)
      return bytes.subarray(0, 636 + 64)
    }),
  ],
  ['collateral', 'none', { collateral: () => 'none' }],
  ['collateral', 'no list', { collateral: (it) => ({ ...it, rootList: undefined }) }],
  [
    'collateral',
    'a signature that is cut off',
    { collateral: (it) => ({ ...it, tcbInfo: { ...it.tcbInfo, signature: Buffer.alloc(63) } }) },
  ],
  [
    'collateral',
    'a text that is too large',
    {
      collateral: (it) => ({
        ...it,
        qeIdentity: { ...it.qeIdentity, text: ' '.repeat(2 ** 20 + 1) },
      }),
    },
  ],
  ['certificateForm', 'no certificates', { pem: () => '' }],
  [
    'certificateForm',
    'a zero byte in place of the last line end',
    { pem: (text) => `${text.slice(0, -1)}\0` },
  ],
  ...['', '\0', '\n\n', '\n\0'].map((end): [TdxRule, string, TdxChanges] => [
    'certificateForm',
    `collateral whose certificates end with ${JSON.stringify(end)}`,
    {
      collateral: (it) => ({
        ...it,
        tcbInfo: { ...it.tcbInfo, issuerChain: it.tcbInfo.issuerChain.slice(0, -1) + end },
      }),
    },
  ]),
  [
    'certificateForm',
    'something between certificates',
    { pem: (text) => text.replace('-----BEGIN', '\n-----BEGIN') },
  ],
  [
    'certificateForm',
    'lines of another length',
    { pem: (text) => text.replace(/(.{64})\n/, '$1') },
  ],
  [
    'certificateForm',
    'a certificate less',
    { pem: (text) => text.slice(text.indexOf('-----BEGIN', 20)) },
  ],
  [
    'certificateNames',
    'TCB info by a certificate of another name',
    { signerChain: changing(0, () => ({ subject: 'Intel SGX PCK Certificate' })) },
  ],
  [
    'root',
    'collateral of another root',
    {
      signerChain: (specs) => [
        ...changing(0, () => ({ signer: stranger }))(specs).slice(0, 1),
        { ...rootMember },
      ],
    },
  ],
  ...list('rootList'),
  ...list('platformList'),
  ['revoked', 'the key of the platform', { platformList: { revoked: [serials.platform] } }],
  ['revoked', 'the authority of the platform', { rootList: { revoked: [serials.authority] } }],
  ['revoked', 'the key of the TCB info', { rootList: { revoked: [Buffer.of(1), serials.signer] } }],
  ...texts('info', 'tcbInfo'),
  [
    'tcbInfo',
    'another signature',
    { collateral: (it) => ({ ...it, tcbInfo: { ...it.tcbInfo, signature: Buffer.alloc(64, 1) } }) },
  ],
  [
    'tcbInfo',
    'another text',
    { collateral: (it) => ({ ...it, tcbInfo: { ...it.tcbInfo, text: `${it.tcbInfo.text} ` } }) },
  ],
  ...texts('identity', 'qeIdentity'),
  [
    'qeIdentity',
    'the TCB info in its place',
    { collateral: (it) => ({ ...it, qeIdentity: it.tcbInfo }) },
  ],
  ['platform', 'TCB info of another platform', { info: member('fmspc', '00906ED50001') }],
  ['platform', 'TCB info of another provisioning enclave', { info: member('pceId', '0001') }],
  ['platform', 'a certificate of another platform', { extension: ({ fmspc }) => fmspc.fill(1) }],
  [
    'platform',
    'a certificate of no platform',
    {
      platformChain: changing(0, ({ extensions }) => ({
        extensions: withoutExtension(extensions, sgx),
      })),
    },
  ],
  [
    'platform',
    'a certificate that says half of it',
    {
      platformChain: changing(0, ({ extensions }) => ({
        extensions: withExtension(extensions, { id: sgx, value: sequence() }),
      })),
    },
  ],
  [
    'platform',
    'a platform that is no list',
    {
      platformChain: changing(0, ({ extensions }) => ({
        extensions: withExtension(extensions, { id: sgx, value: octets() }),
      })),
    },
  ],
  ['qeReport', 'a report that was changed', { enclaveSigned: (report) => report.fill(1, 16, 20) }],
  ['attestationKey', 'a report for another key', enclave(320, 1, 2, 3)],
  ['attestationKey', 'a report for a key and more', enclave(383, 1)],
  ['quotingEnclave', 'another signer', enclave(128, 0)],
  ['quotingEnclave', 'another product', enclave(256, 3)],
  ['quotingEnclave', 'another MISCSELECT', enclave(16, 1)],
  ['quotingEnclave', 'other attributes', enclave(48, 0x31)],
  [
    'quotingEnclave',
    'an enclave that can be debugged',
    { ...enclave(48, 0x13), identity: member('attributesMask', '00'.repeat(16)) },
  ],
  ['quotingEnclave', 'an enclave that is too old', enclave(258, 1)],
  ['signature', 'another key signed', { signer: stranger }],
  [
    'signature',
    'another body was signed',
    quote((bytes) => {
      bytes.writeUInt8(0, 48 + bodyAt.reportData)
      return bytes
    }),
  ],
  ['tdxModule', 'a module signed by somebody else', body(bodyAt.mrSignerSeam, 1)],
  ['tdxModule', 'a module with other attributes', body(bodyAt.seamAttributes, 1)],
  ['tdxModule', 'a module that is too old', body(0, 2)],
  ['tdxModule', 'a module that is not known', body(1, 0x1f)],
  [
    'tcbLevel',
    'a processor below all levels',
    { extension: ({ cpuSvns }) => void cpuSvns.fill(0) },
  ],
  ['tcbLevel', 'a TDX below all levels', body(2, 0)],
  ['tcbLevel', 'no levels at all', { info: member('tcbLevels', []) }],
  [
    'tcbStatus',
    'a platform that is revoked',
    { info: (info) => void (info.tcbLevels[0]!.tcbStatus = 'Revoked') },
  ],
  ['tcbStatus', 'a platform that is out of date', { info: (info) => void info.tcbLevels.shift() }],
  ['debugMode', 'a domain that can be debugged', body(bodyAt.tdAttributes, 1)],
  ['debugMode', 'a domain that is not trusted otherwise', body(bodyAt.tdAttributes, 0x80)],
  ['migration', 'a domain that can be migrated', body(bodyAt.tdAttributes + 3, 0x30)],
  ['migration', 'a service domain', { version: 5, ...signed(54 + bodyAt.mrServiceTd, 1) }],
  ['attributes', 'faults that the host injects', body(bodyAt.tdAttributes + 3, 0)],
  ['attributes', 'a bit that is unknown', body(bodyAt.tdAttributes + 4, 1)],
  [
    'eventLog',
    'a log that gives other registers',
    { collateral: (it) => ({ ...it, eventLog: [] }) },
  ],
]

describe('error: AttestationRefusedError', () => {
  test.each(broken)('%s: %s', (rule, _, changes) => {
    expect(verify(changes)).toBe(rule)
  })

  const chains = brokenChains(3, stranger)
  test.each(chains)('$rule: of the platform, $what', ({ rule, change }) => {
    expect(verify({ platformChain: change })).toBe(rule)
  })

  // The last certificate is the platform's too, so that the first one is what is left to break.
  const ofSigner = brokenChains(2, stranger).filter(({ what }) =>
    /certificate 0|document/.test(what),
  )
  test.each(ofSigner)('$rule: of the TCB info, $what', ({ rule, change }) => {
    expect(verify({ signerChain: change })).toBe(rule)
    expect(verify({ identityChain: change })).toBe(rule)
  })

  test('root: an authority that nobody pinned', () => {
    expect(verify({}, { pins: [] })).toBe('root')
    const { document, collateral } = authority.documentOf()
    expect(ruleOf(() => verifyTdx(document, { at: judgedAt, collateral }))).toBe('root')
  })

  test('behavior: every rule has a quote that breaks it', () => {
    const rules = new Set<string>([
      ...broken.map(([rule]) => rule),
      ...chains.map((chain) => chain.rule),
    ])
    expect([...rules].sort()).toEqual(Object.keys(tdxRules).sort())
  })

  test('InvalidAttestationOptionsError: statuses that nobody may accept', () => {
    const { document, collateral } = authority.documentOf()
    for (const tcbStatuses of [['Revoked'], ['Fine']] as never[]) {
      expect(() => verifyTdx(document, { at: judgedAt, collateral, tcbStatuses })).toThrow(
        expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
      )
    }
  })
})
