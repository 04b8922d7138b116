import { amdRoots, type SevSnpOptions, verifySevSnp } from '@assay/attestation/sev-snp'
import { sha256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { readEndorsement } from '../../attestation/src/sev-snp/endorsement.ts'
import { readCertificate } from '../../attestation/src/x509/certificate.ts'
import { judgedAt } from './support/chains.ts'
import { ruleOf } from './support/refusals.ts'
import { createSnpAuthority, type SnpChanges } from './support/snp-authority.ts'
import { certificatesIn } from './support/vectors.ts'

const authority = createSnpAuthority()

function verify(changes: SnpChanges = {}, options: Partial<SevSnpOptions> = {}) {
  const { document, collateral, pin } = authority.documentOf(changes)
  return verifySevSnp(document, { at: judgedAt, pins: [pin], collateral, ...options })
}

describe('default', () => {
  test.each([
    ['Milan', 2],
    ['Milan', 3],
    ['Genoa', 3],
    ['Genoa', 5],
    ['Turin', 3],
    ['Turin', 5],
  ] as const)('a report of %s, version %i, shows what the guest is', (product, version) => {
    const { document, pin } = authority.documentOf({ product, version })
    const report = verify({ product, version })
    expect(report).toMatchObject({
      kind: 'sev-snp',
      root: pin,
      product,
      version,
      signingKey: 'vcek',
      vmpl: 0,
      launchMeasurement: `0x${'3e'.repeat(48)}`,
      measurement: sha256(`0x${'3e'.repeat(48)}`),
      reportData: `0x${'da'.repeat(64)}`,
      hostData: `0x${'40'.repeat(32)}`,
      idKeyDigest: `0x${'1d'.repeat(48)}`,
      authorKeyDigest: `0x${'a0'.repeat(48)}`,
      tcb: {
        bootLoader: 3,
        tee: 1,
        snp: 8,
        microcode: 115,
        ...(product === 'Turin' && { fmc: 2 }),
      },
    })
    expect(document).toHaveLength(1_184)
  })

  test('behavior: a key of a cloud provider serves all of its chips', () => {
    expect(verify({ provider: 'example' })).toMatchObject({
      signingKey: 'vlek',
      provider: 'example',
    })
  })

  test('behavior: what a report does not say is not reported', () => {
    const report = verify({ report: (bytes) => bytes.writeUInt32LE(0, 0x48) })
    expect(report).not.toHaveProperty('authorKeyDigest')
    expect(report).not.toHaveProperty('provider')
  })

  test('behavior: a list of revocations is checked if it came, and its absence is said', () => {
    const listed = verify({ list: { revoked: [Buffer.of(1, 2, 3)] } })
    expect(listed.rules.map(({ rule }) => rule)).toContain('revoked')
    expect(listed.notCovered.join()).not.toContain('revocations')
    expect(verify().notCovered.join()).toContain('no list of revocations')
    expect(verify().rules.map(({ rule }) => rule)).not.toContain('revoked')
  })

  test('behavior: a privilege level is asked for', () => {
    const lower = (bytes: Buffer) => bytes.writeUInt32LE(2, 0x30)
    expect(verify({ report: lower }, { vmpl: 2 }).vmpl).toBe(2)
    expect(() => verify({}, { vmpl: 4 })).toThrow(
      expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
    )
  })
})

describe("AMD's own certificates", () => {
  const pems = certificatesIn('roots.pem')
  const milan = [...certificatesIn('milan-vcek.pem'), pems[0]!]
  const report = Buffer.alloc(1_184)
  // What the certificates are for, and signed by nobody: everything holds up to the signature.
  report.writeUInt32LE(2, 0)
  report.writeUInt32LE(1, 0x34)
  for (const at of [0x38, 0x180]) report.set([4, 0, 0, 0, 0, 0, 24, 219], at)
  const chipId = readEndorsement(readCertificate(milan[0]!)).hardwareId!
  report.set(chipId, 0x1a0)

  test('behavior: the roots are read, and are those that are pinned', () => {
    expect(pems.slice(0, 3).map((der) => sha256(der))).toEqual([...amdRoots])
    const names = pems.slice(0, 3).map((der) => readCertificate(der).commonName)
    expect(names).toEqual(['ARK-Milan', 'ARK-Genoa', 'ARK-Turin'])
  })

  test("behavior: a chip's certificate leads to the pinned root, and says for which versions it is", () => {
    const judge = (certificates: readonly Uint8Array[], at = judgedAt) =>
      ruleOf(() => verifySevSnp(report, { at, collateral: { certificates } }))
    // The chain is checked before the report's signature, which nobody can make here.
    expect(judge(milan)).toBe('signature')
    expect(judge(milan, 1_700_000_000)).toBe('certificateValidity')
    expect(judge([milan[0]!, pems[4]!, pems[1]!])).toBe('product')
    expect(judge([milan[0]!, pems[4]!, pems[0]!])).toBe('certificateNames')
  })
})
