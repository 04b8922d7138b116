import {
  archiveDigestOf,
  type AttestationArchive,
  encodeArchive,
  inspectArchive,
  kindOfDocument,
  maxArchiveBytes,
  readArchive,
  verifyArchive,
} from '@assay/attestation'
import type { TdxEvent } from '@assay/attestation/tdx'
import canonicalize from 'canonicalize'
import { sha256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { judgedAt } from './support/chains.ts'
import { createNitroAuthority } from './support/nitro-authority.ts'
import { createSnpAuthority } from './support/snp-authority.ts'
import { createTdxAuthority } from './support/tdx-authority.ts'

const nitro = createNitroAuthority().documentOf()
const snp = createSnpAuthority().documentOf({ list: {} })
const tdx = createTdxAuthority().documentOf({
  signedPart: (bytes) => bytes.fill(0, 48 + 328, 48 + 520),
})
const content = { type: 1, name: 'ä', payload: Buffer.from('payload') }
const archives: [AttestationArchive, `0x${string}`][] = [
  [{ kind: 'nitro', document: nitro.document }, nitro.pin],
  [{ kind: 'sev-snp', document: snp.document, collateral: snp.collateral }, snp.pin],
  [
    { kind: 'tdx', document: tdx.document, collateral: { ...tdx.collateral, eventLog: [] } },
    tdx.pin,
  ],
]

describe.each(archives.map((it) => [it[0].kind, ...it] as const))(
  'an archive of %s',
  (_, archive, pin) => {
    const bytes = encodeArchive(archive)
    const members = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
    const changed = (change: object) =>
      Buffer.from(canonicalize({ ...members, ...change }) as string)

    test('default: it is read as it was written, and judged', () => {
      const read = readArchive(bytes)
      expect(Buffer.from(encodeArchive(read)).equals(bytes)).toBe(true)
      expect(archiveDigestOf(read)).toBe(sha256(bytes))
      const report = verifyArchive(read, { at: judgedAt, pins: [pin] })
      expect(report.kind).toBe(archive.kind)
      expect(report.documentDigest).toBe(sha256(archive.document))
    })

    test('behavior: what a document says can be read without being believed', () => {
      expect(kindOfDocument(archive.document)).toBe(archive.kind)
      const { kind, says } = inspectArchive(archive)
      expect(kind).toBe(archive.kind)
      expect(says[0]).toEqual(['document digest', sha256(archive.document)])
      expect(says.length).toBeGreaterThan(7)
      expect(() => inspectArchive({ ...archive, document: Buffer.of(1) })).toThrow(
        expect.objectContaining({ name: 'AttestationRefusedError' }),
      )
    })

    const withCollateral = 'collateral' in archive
    const malformed: [string, Uint8Array][] = [
      ['no JSON', Buffer.of(0x7b)],
      ['no UTF-8', Buffer.of(0x22, 0xff, 0x22)],
      ['a list', Buffer.from('[]')],
      ['another schema', changed({ schema: 'assay/attestation/v2' })],
      ['another kind', changed({ kind: 'sgx' })],
      ['a member more', changed({ more: 1 })],
      ['a document that is no base64', changed({ document: 'ä' })],
      ['base64 of another form', changed({ document: `${String(members.document)}=` })],
      ['a document that is a number', changed({ document: 1 })],
      ['another order', Buffer.from(JSON.stringify({ schema: 1, ...members, kind: archive.kind }))],
      ['a space', Buffer.concat([bytes, Buffer.from(' ')])],
      ['a mark of the order of bytes', Buffer.concat([Buffer.from('\ufeff'), bytes])],
      [
        'a member twice',
        Buffer.from(Buffer.from(bytes).toString().replace('{', '{"kind":"nitro",')),
      ],
      ['bytes beyond all bounds', Buffer.alloc(4_194_305, 0x20)],
      ['a collateral of another form', changed({ collateral: { certificates: [1], tcbInfo: 1 } })],
      [
        'no collateral, or one of nothing',
        changed({ collateral: withCollateral ? undefined : {} }),
      ],
    ]
    test.each(malformed)('error: InvalidArchiveError for %s', (_, given) => {
      expect(() => readArchive(given)).toThrow(
        expect.objectContaining({ name: 'InvalidArchiveError' }),
      )
    })
  },
)

test('behavior: events are archived with what was measured', () => {
  const digest = Buffer.alloc(48, 1)
  const eventLog = [
    { register: 3, digest, content },
    { register: 0, digest },
  ]
  const archive: AttestationArchive = {
    kind: 'tdx',
    document: tdx.document,
    collateral: { ...tdx.collateral, eventLog },
  }
  const read = readArchive(encodeArchive(archive)) as typeof archive
  expect(read.collateral.eventLog).toEqual(eventLog)
})

describe('the log of an archive', () => {
  const digest = Buffer.alloc(48, 1)
  const textWith = (events: readonly TdxEvent[]) =>
    Buffer.from(
      encodeArchive({
        kind: 'tdx',
        document: tdx.document,
        collateral: { ...tdx.collateral, eventLog: events },
      }),
    ).toString()

  test('behavior: may have as many events as are judged', () => {
    const events = Array.from({ length: 10_000 }, () => ({ register: 3, digest, content }))
    const { collateral } = readArchive(Buffer.from(textWith(events))) as { collateral: object }
    expect(collateral).toHaveProperty('eventLog.length', 10_000)
  })

  test('error: InvalidArchiveError for half of a surrogate pair, which has no bytes of its own', () => {
    const text = textWith([{ register: 3, digest, content: { ...content, name: '\ufffd' } }])
    const changed = text.replace('\ufffd', '\\ud800')
    expect(changed).not.toBe(text)
    expect(() => readArchive(Buffer.from(changed))).toThrow(
      expect.objectContaining({
        name: 'InvalidArchiveError',
        path: 'collateral.eventLog.0.content.name',
      }),
    )
  })

  // Each of these took seconds: as many parts as the bound of an archive's size lets be.
  test.each([
    ['brackets', Buffer.alloc(4_194_304, '[')],
    ['objects', Buffer.from(`[${'{},'.repeat(1_398_000)}{}]`)],
    [
      'certificates',
      Buffer.from(
        `{"collateral":{"certificates":[${'"",'.repeat(1_398_000)}""]},"document":"","kind":"sev-snp","schema":"assay/attestation/v1"}`,
      ),
    ],
  ])('error: InvalidArchiveError for a million %s, before they are read', (_, bytes) => {
    expect(bytes.length).toBeLessThanOrEqual(maxArchiveBytes)
    expect(() => readArchive(bytes)).toThrow(/has too many parts/)
  })
})

test('behavior: what is no attestation is of no kind', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.of(4), Buffer.from('hello'), Buffer.alloc(1_185)]) {
    expect(kindOfDocument(bytes)).toBeUndefined()
  }
})
