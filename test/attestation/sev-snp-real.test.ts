import { verifySevSnp } from '@assay/attestation/sev-snp'
import { type Hex, pad, sha256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { judgedAt } from './support/chains.ts'
import { ruleOf } from './support/refusals.ts'
import { blocksIn, certificatesIn } from './support/vectors.ts'

const roots = certificatesIn('roots.pem')
const [milanOther, milanSigner] = certificatesIn('milan-vcek.pem')
const [milanRoot, genoaRoot, , , genoaSigner] = roots
const sampleOf = (name: string) => ({
  report: blocksIn(name, 'SEV-SNP REPORT')[0]!,
  key: certificatesIn(name)[0]!,
})
const milan = sampleOf('snp-milan.txt')
const genoa = sampleOf('snp-genoa.txt')
const ofMilan = [milan.key, milanSigner!, milanRoot!]
const ofGenoa = [genoa.key, genoaSigner!, genoaRoot!]

const verify = (report: Uint8Array, certificates: readonly Uint8Array[], at = judgedAt) =>
  verifySevSnp(report, { at, collateral: { certificates } })
const flipped = (bytes: Buffer, at: number) => {
  const changed = Buffer.from(bytes)
  changed[at] = changed[at]! ^ 1
  return changed
}

describe('reports of confidential VMs of Azure', () => {
  test('default: one of Milan leads to the pinned root of AMD, and shows what the guest is', () => {
    const { rules, notCovered, ...shown } = verify(milan.report, ofMilan)
    expect(rules.map(({ rule }) => rule)).toContain('signature')
    expect(notCovered.join()).toContain('no list of revocations')
    expect(shown).toMatchInlineSnapshot(`
      {
        "at": 1790000000,
        "chipId": "0x66a5a7b4403a3006ca734aa36a76dd3061d56f398e1e73b0be683ecd2eede9e70811c677abf8d9c9251b52baafbdc97b8121ec0c75661ffba636073b09fa563a",
        "documentDigest": "0x2cf09fff14223f0fecb444d863839af6efe59d2736b9d5706d90d47bfbc7fd19",
        "guestSvn": 10,
        "hostData": "0x0000000000000000000000000000000000000000000000000000000000000000",
        "idKeyDigest": "0x942fd93ebde6ea7a96efadeafc60f1c6b3d10e703b1dafd7555b92f7f3d32d0e006767648cba5b102af3d65756af4177",
        "kind": "sev-snp",
        "launchMeasurement": "0x6a063be9dd79f6371c842e480f8dc3b5c725961344e57130e88c5adf49e8f7f6c79b75a5eb77fc769959f4aeb2f9401e",
        "measurement": "0x64cebb50ea62bcaa5d8dce457f39eeb3d7bd1d554e329a20782c21b8c85a74bf",
        "platformInfo": 37n,
        "policy": 196639n,
        "product": "Milan",
        "reportData": "0xaf2910341dd8108360e485f1b72494255190b9cdd5ccb44b73b883037cf99f210000000000000000000000000000000000000000000000000000000000000000",
        "root": "0x69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
        "signingKey": "vcek",
        "tcb": {
          "bootLoader": 4,
          "microcode": 219,
          "snp": 24,
          "tee": 0,
        },
        "version": 3,
        "vmpl": 0,
      }
    `)
  })

  test('behavior: it holds the digest of what its firmware says: keys of its TPM, and how it is set up', () => {
    const [runtime] = blocksIn('snp-milan.txt', 'RUNTIME DATA')
    const { reportData } = verify(milan.report, ofMilan)
    expect(reportData).toBe(pad(sha256(runtime!), { dir: 'right', size: 64 }))
    const { keys } = JSON.parse(runtime!.toString()) as { keys: { kid: string }[] }
    expect(keys.map(({ kid }) => kid)).toEqual(['HCLAkPub', 'HCLEkPub'])
  })

  test('default: one of Genoa does so too', () => {
    expect(verify(genoa.report, ofGenoa)).toMatchObject({
      product: 'Genoa',
      version: 3,
      vmpl: 0,
      guestSvn: 0x1_000b,
      tcb: { bootLoader: 10, tee: 0, snp: 23, microcode: 84 },
      root: sha256(genoaRoot!),
      launchMeasurement: hex(genoa.report.subarray(0x90, 0xc0)),
    })
    expect(ruleOf(() => verify(flipped(genoa.report, 0x90), ofGenoa))).toBe('signature')
    expect(ruleOf(() => verify(genoa.report, ofMilan))).toBe('product')
  })

  test('behavior: it is judged for any second in which its certificates are valid', () => {
    const judge = (time: string) =>
      ruleOf(() => verify(milan.report, ofMilan, Date.parse(time) / 1000))
    expect(judge('2025-01-28T16:26:54Z')).toBe('certificateValidity')
    expect(judge('2025-01-28T16:26:55Z')).toBe('accepted')
    expect(judge('2032-01-28T16:26:55Z')).toBe('accepted')
    expect(judge('2032-01-28T16:26:56Z')).toBe('certificateValidity')
  })
})

describe('error: AttestationRefusedError', () => {
  test('for the key of another chip of Milan, with the same firmware', () => {
    const other = [milanOther!, milanSigner!, milanRoot!]
    expect(ruleOf(() => verify(milan.report, other))).toBe('chipId')
  })

  test('for a certificate of which a byte is changed', () => {
    for (const at of [0x200, milan.key.length - 1]) {
      const changed = [flipped(milan.key, at), milanSigner!, milanRoot!]
      expect(ruleOf(() => verify(milan.report, changed))).not.toBe('accepted')
    }
  })

  test('for any byte of the report that is changed, by the rule of its field or by `signature`', () => {
    for (let at = 0; at < milan.report.length; at++) {
      const rule = ruleOf(() => verify(flipped(milan.report, at), ofMilan))
      expect([at, rule]).toEqual([
        at,
        fieldRules.find(([, ...it]) => within(at, it))?.[0] ?? 'signature',
      ])
    }
  })
})

const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`
type Ranges = readonly (readonly [number, number])[]
const within = (at: number, ranges: Ranges) => ranges.some(([from, to]) => from <= at && at < to)
/** Bytes that a rule looks at before the signature, by what the lowest bit of each means in this report. */
const fieldRules: readonly (readonly [string, ...Ranges])[] = [
  // The version, and what is reserved, to the ends of r and s and behind them.
  ['version', [0, 4], [0x4c, 0x50], [0x18b, 0x1a0], [0x1eb, 0x1ec], [0x1ef, 0x1f0]],
  ['version', [0x1f8, 0x2a0], [0x2d0, 0x2e8], [0x318, 0x4a0]],
  ['algorithm', [0x34, 0x38]],
  // What runs: reserved versions, and a microcode that is older by one than what is reported. What is newer may run.
  ['tcb', [0x3a, 0x3e], [0x3f, 0x40], [0x180, 0x188]],
  ['signingKey', [0x49, 0x4c]],
  // Another family; another model or stepping may be Milan as well.
  ['product', [0x188, 0x189]],
  ['chipId', [0x1a0, 0x1e0]],
]
