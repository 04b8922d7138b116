import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AttestationArchive, encodeArchive, readArchive } from '@assay/attestation'
import { sha256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAciService } from '../attestation/support/aci-service.ts'
import { judgedAt } from '../attestation/support/chains.ts'
import { dcapOf } from '../attestation/support/dcap-json.ts'
import { createNitroAuthority } from '../attestation/support/nitro-authority.ts'
import { createSnpAuthority } from '../attestation/support/snp-authority.ts'
import { bodyAt, createTdxAuthority, pemOf } from '../attestation/support/tdx-authority.ts'
import { blocksIn, realDcap } from '../attestation/support/vectors.ts'
import { assay } from './support/assay.ts'

const nitro = createNitroAuthority().documentOf()
const snp = createSnpAuthority().documentOf({ list: {} })
// Nothing was measured into its registers, which is what an empty log says.
const tdx = createTdxAuthority().documentOf({
  signedPart: (bytes) => bytes.fill(0, 48 + 328, 48 + 520),
})
const [realQuote] = blocksIn('tdx-quotes.txt', 'TDX QUOTE')
const service = createAciService()
const { keyset } = service
const aciNonce = Buffer.alloc(32, 5)
const aci = createTdxAuthority().documentOf({
  signedPart: (bytes) => {
    bytes.set(service.reportDataOf(keyset, aciNonce), 48 + bodyAt.reportData)
    return bytes
  },
})
const [leaf, signer, root] = snp.collateral.certificates as [Uint8Array, Uint8Array, Uint8Array]

const flipped = (bytes: Buffer, at: number) => {
  const changed = Buffer.from(bytes)
  changed[at] = changed[at]! ^ 1
  return changed
}

let directory: string
const file = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-archive-'))
  const files: Record<string, string | Uint8Array> = {
    'nitro.cbor': nitro.document,
    'tdx.bin': tdx.document,
    'collateral.json': JSON.stringify(dcapOf(tdx.collateral)),
    'event-log.json': '[]',
    'aci.bin': aci.document,
    'aci-collateral.json': JSON.stringify(dcapOf(aci.collateral)),
    'aci.json': JSON.stringify(
      { api_version: 'aci/1', attestation: { workload_keyset: keyset } },
      undefined,
      2,
    ),
    'no-aci.json': JSON.stringify({ attestation: { workload_keyset: keyset } }),
    'other-log.json': JSON.stringify([{ imr: 0, event_type: 1, digest: '00'.repeat(48) }]),
    'snp.bin': snp.document,
    'key.der': leaf,
    'signer.der': signer,
    'root.der': root,
    // As some tools write it: with a text before, and lines that end in another way.
    'chain.pem': `Bag Attributes\n${pemOf([signer, root])}`.replaceAll('\n', '\r\n'),
    'list.der': snp.collateral.revocationList!,
    'broken.json': '{',
    // Within what is signed: the nonce, the report data.
    'changed.cbor': flipped(nitro.document, nitro.document.indexOf(Buffer.alloc(20, 7))),
    'changed.bin': flipped(tdx.document, 48 + 520),
    // As drivers with a buffer of a fixed size give it.
    'padded.bin': Buffer.concat([tdx.document, Buffer.alloc(70)]),
    'real.bin': Buffer.concat([realQuote!, Buffer.alloc(70)]),
    'real.json': JSON.stringify(realDcap()),
    'followed.bin': Buffer.concat([tdx.document, Buffer.of(0, 0, 1)]),
    'padded.cbor': Buffer.concat([nitro.document, Buffer.alloc(70)]),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(file(name), content)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

type Given = { kind: string; document: string; args?: readonly string[]; pin: string }
const given = {
  nitro: { kind: 'nitro', document: 'nitro.cbor', pin: nitro.pin },
  tdx: {
    ...{ kind: 'tdx', document: 'tdx.bin', pin: tdx.pin },
    args: ['--collateral', 'collateral.json', '--event-log', 'event-log.json'],
  },
  snp: {
    ...{ kind: 'sev-snp', document: 'snp.bin', pin: snp.pin },
    args: ['--collateral', 'key.der', '--collateral', 'chain.pem', '--revocation-list', 'list.der'],
  },
  aci: {
    ...{ kind: 'tdx', document: 'aci.bin', pin: aci.pin },
    args: ['--collateral', 'aci-collateral.json', '--aci-report', 'aci.json'],
  },
} satisfies Record<string, Given>
const nonceArgs = ['--aci-nonce', toHex(aciNonce)]

/** Runs it where the files are. */
function archive(it: Given, output: string, ...more: string[]) {
  const { kind, document, args = [], pin } = it
  const base = ['environment', 'archive', '--kind', kind, '--document', document, '-o', output]
  const judged = !more.includes('--no-verify')
  const judging = judged ? ['--root', pin, '--at', String(judgedAt)] : []
  return assay([...base, ...judging, ...args, ...more], { cwd: directory })
}

/** How it fails; nothing is written then. */
async function failure(it: Given, ...more: string[]) {
  const before = await readdir(directory)
  const { code, stdout } = await archive(it, 'refused.json', ...more, '--json')
  expect(code).toBe(3)
  expect(await readdir(directory)).toEqual(before)
  return (JSON.parse(stdout) as { error: { code: string; message: string } }).error
}

const archives: [Given, AttestationArchive][] = [
  [given.nitro, { kind: 'nitro', document: nitro.document }],
  [
    given.tdx,
    { kind: 'tdx', document: tdx.document, collateral: { ...tdx.collateral, eventLog: [] } },
  ],
  [given.snp, { kind: 'sev-snp', document: snp.document, collateral: snp.collateral }],
]

describe('environment archive', () => {
  test.each(archives.map((it) => [it[0].kind, ...it] as const))(
    'default: %s, judged, and verified as it was written',
    async (kind, it, expected) => {
      const output = `${kind}.json`
      const { code, stdout } = await archive(it, output, '--json')
      expect(code).toBe(0)
      const bytes = await readFile(file(output))
      expect(bytes.equals(encodeArchive(expected))).toBe(true)
      const said = JSON.parse(stdout) as Record<string, unknown>
      const { pin } = it
      const digest = sha256(bytes)
      expect(said).toMatchObject({ status: 'verified', kind, attestationDigest: digest, root: pin })
      const judging = ['--at', String(judgedAt), '--root', pin, '--json']
      const verified = await assay(['environment', 'verify', file(output), ...judging])
      expect(JSON.parse(verified.stdout)).toMatchObject({
        status: 'verified',
        archiveDigest: digest,
        measurement: said.measurement,
      })
    },
  )

  test('behavior: zeros behind a quote are cut, which is said', async () => {
    const padded = { ...given.tdx, document: 'padded.bin' }
    const { code, stdout } = await archive(padded, 'cut.json', '--json')
    const bytes = await readFile(file('cut.json'))
    expect(bytes.equals(encodeArchive(archives[1]![1]))).toBe(true)
    const attestationDigest = sha256(bytes)
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { zerosCut: 70, attestationDigest }])
    const text = await archive(padded, 'cut.json', '--force')
    expect(text.stdout).toMatch(/cut behind the quote +70 bytes of zeros/)
    const unjudged = await archive(padded, 'cut-unjudged.json', '--no-verify', '--json')
    expect(JSON.parse(unjudged.stdout)).toMatchObject({ status: 'unverified', zerosCut: 70 })
    const exact = await archive(given.tdx, 'exact.json', '--json')
    expect(JSON.parse(exact.stdout)).not.toHaveProperty('zerosCut')
  })

  test("behavior: a real quote is archived as its machine's driver gave it, and verified", async () => {
    const files = ['--kind', 'tdx', '--document', 'real.bin', '--collateral', 'real.json']
    const judging = ['--at', '2026-10-15T00:00:00Z', '--tcb-status', 'OutOfDate', '--json']
    const archiving = ['environment', 'archive', ...files, '-o', 'real-archive.json', ...judging]
    const { code, stdout } = await assay(archiving, { cwd: directory })
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { status: 'verified', zerosCut: 70 }])
    const { document } = readArchive(await readFile(file('real-archive.json')))
    expect(Buffer.from(document).equals(realQuote!)).toBe(true)
    const verifying = ['environment', 'verify', file('real-archive.json'), ...judging]
    const verified = await assay(verifying)
    expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([0, { status: 'verified' }])
  })

  test('behavior: a keyset is archived with its document, judged with it, verified and shown', async () => {
    const { code, stdout } = await archive(given.aci, 'keyset.json', ...nonceArgs, '--json')
    const receiptKeys = [service.key]
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { status: 'verified', receiptKeys }])
    const bytes = await readFile(file('keyset.json'))
    const expected: AttestationArchive = {
      ...{ kind: 'tdx', document: aci.document, collateral: aci.collateral },
      aci: { keyset, nonce: aciNonce },
    }
    expect(bytes.equals(encodeArchive(expected))).toBe(true)
    const judging = ['--at', String(judgedAt), '--root', aci.pin]
    const verified = await assay(['environment', 'verify', file('keyset.json'), ...judging])
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('keysetBinding')])
    const json = await assay(['environment', 'verify', file('keyset.json'), ...judging, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      aci: { receiptKeys: [{ id: 'receipt-1', key: service.key }], nonce: toHex(aciNonce) },
    })
    const late = ['--at', String(keyset.not_after), '--root', aci.pin, '--json']
    const ended = await assay(['environment', 'verify', file('keyset.json'), ...late])
    expect(ended.code).toBe(2)
    const inspected = await assay(['environment', 'inspect', file('keyset.json'), '--json'])
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      says: { 'receipt key 1': `${service.key}, receipt-1`, 'keyset asked with': toHex(aciNonce) },
    })
    const text = await archive(given.aci, 'keyset.json', ...nonceArgs, '--force')
    expect(text.stdout.replaceAll(/\s+/g, '')).toContain(`receiptKeys${service.key}`)
  })

  test('behavior: it shows a person what is registered by it', async () => {
    const { code, stdout, stderr } = await archive(given.snp, 'shown.json')
    expect([code, stderr]).toEqual([0, expect.stringContaining('Written: shown.json')])
    expect(stdout).toContain('Archived: an attestation of sev-snp, judged for 2026-09-21T')
    const shown = stdout.replaceAll(/\s+/g, '')
    expect(shown).toContain(sha256(await readFile(file('shown.json'))))
    expect(shown).toContain(sha256(`0x${'3e'.repeat(48)}`))
    expect(shown).toContain('da'.repeat(64))
  })

  test('behavior: what is there is replaced by --force alone', async () => {
    await writeFile(file('there.json'), 'before')
    const { code, stdout } = await archive(given.nitro, 'there.json', '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { error: { code: 'OutputError' } }])
    expect(await readFile(file('there.json'), 'utf8')).toBe('before')
    expect((await archive(given.nitro, 'there.json', '--force')).code).toBe(0)
    expect(readArchive(await readFile(file('there.json'))).kind).toBe('nitro')
  })

  test('behavior: --no-verify writes what is refused, and shows no measurement', async () => {
    const { message } = await failure({ ...given.nitro, pin: snp.pin })
    expect(message).toContain('`root`')
    const unjudged = { ...given.nitro, pin: snp.pin }
    const { code, stdout } = await archive(unjudged, 'unjudged.json', '--no-verify', '--json')
    const bytes = await readFile(file('unjudged.json'))
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        ...{ status: 'unverified', kind: 'nitro', output: 'unjudged.json' },
        attestationDigest: sha256(bytes),
      },
    ])
    const text = await archive(unjudged, 'unjudged.json', '--no-verify', '--force')
    expect(text.stdout).toContain('an attestation of nitro, not judged')
    const other = await failure({ ...given.snp, document: 'nitro.cbor' }, '--no-verify')
    expect(other.code).toBe('AttestationRefusedError')
    const both = await archive(unjudged, 'both.json', '--no-verify', '--at', '1')
    expect([both.code, both.stderr]).toEqual([3, expect.stringContaining('nothing is judged')])
  })

  const collateral = (...names: string[]) => names.flatMap((name) => ['--collateral', name])
  const { tdx: ofTdx, snp: ofSnp } = given
  test.each<[string, Given, string]>([
    ['size', { ...ofSnp, document: 'key.der' }, 'a document of another kind'],
    ['signature', { ...given.nitro, document: 'changed.cbor' }, 'a changed document'],
    ['signature', { ...ofTdx, document: 'changed.bin' }, 'a changed quote'],
    ['size', { ...ofTdx, document: 'followed.bin' }, 'a quote that something follows'],
    ['form', { ...given.nitro, document: 'padded.cbor' }, 'zeros behind another document'],
    [
      'eventLog',
      { ...ofTdx, args: [...collateral('collateral.json'), '--event-log', 'other-log.json'] },
      'a log of other events',
    ],
    ['root', { ...ofSnp, pin: tdx.pin }, 'another root'],
    ['keysetBinding', given.aci, 'a nonce that is kept back'],
  ])('error: AttestationRefusedError by `%s`', async (rule, it) => {
    const { code, message } = await failure(it)
    expect([code, message]).toEqual([
      'AttestationRefusedError',
      expect.stringContaining(`by the rule \`${rule}\``),
    ])
  })

  test.each<[string, string, Given]>([
    ['UsageError', 'another kind', { ...given.nitro, kind: 'sgx' }],
    ['UsageError', 'TDX without collateral', { ...ofTdx, args: [] }],
    [
      'UsageError',
      'TDX with two files of it',
      { ...ofTdx, args: collateral('collateral.json', 'collateral.json') },
    ],
    ['UsageError', 'SEV-SNP without certificates', { ...ofSnp, args: [] }],
    ['UsageError', 'Nitro with collateral', { ...given.nitro, args: collateral('key.der') }],
    [
      'UsageError',
      'SEV-SNP with a log of events',
      { ...ofSnp, args: [...ofSnp.args, '--event-log', 'event-log.json'] },
    ],
    ['UsageError', 'a keyset of Nitro', { ...given.nitro, args: ['--aci-report', 'aci.json'] }],
    [
      'UsageError',
      'a nonce without a report of a service',
      { ...ofTdx, args: [...ofTdx.args, ...nonceArgs] },
    ],
    [
      'UsageError',
      'a nonce of another length',
      { ...given.aci, args: [...given.aci.args, '--aci-nonce', '0x05'] },
    ],
    [
      'InvalidAttestationOptionsError',
      'a report of another version',
      { ...ofTdx, args: [...ofTdx.args, '--aci-report', 'no-aci.json'] },
    ],
    ['InputError', 'no document', { ...given.nitro, document: 'gone' }],
    ['InputError', 'two certificates', { ...ofSnp, args: collateral('key.der', 'root.der') }],
    ['InputError', 'what is no certificate', { ...ofSnp, args: collateral('broken.json') }],
    ['InputError', 'collateral that is no JSON', { ...ofTdx, args: collateral('broken.json') }],
    [
      'InvalidAttestationOptionsError',
      'collateral of another form',
      { ...ofTdx, args: collateral('event-log.json') },
    ],
  ])('error: %s for %s', async (error, _, it) => {
    expect((await failure(it)).code).toBe(error)
  })
})
