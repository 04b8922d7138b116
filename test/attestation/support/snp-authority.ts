import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { SevSnpCollateral, SnpProduct } from '@assay/attestation/sev-snp'
import type { Hex } from 'viem'
import {
  authorityKeyId,
  type CertificateSpec,
  type Extension,
  writeCertificate,
} from './certificates.ts'
import { chainOf, judgedAt, newKey } from './chains.ts'
import { integer, text } from './der.ts'
import { type ListSpec, writeList } from './revocation-lists.ts'
import { rsaKey } from './rsa-keys.ts'

/** Versions, in the order of their names in AMD's certificates. */
type Versions = { bl: number; tee: number; snp: number; ucode: number; fmc?: number }

/** Processors and the first bytes of their TCBs. */
const products = {
  Milan: {
    processor: [0x19, 0x01],
    steps: 'Milan-B0',
    tcb: (v: Versions) => [v.bl, v.tee, 0, 0, 0, 0, v.snp, v.ucode],
  },
  Genoa: {
    processor: [0x19, 0x11],
    steps: 'Genoa-B1',
    tcb: (v: Versions) => [v.bl, v.tee, 0, 0, 0, 0, v.snp, v.ucode],
  },
  Turin: {
    processor: [0x1a, 0x02],
    steps: 'Turin-B0',
    tcb: (v: Versions) => [v.fmc!, v.bl, v.tee, v.snp, 0, 0, 0, v.ucode],
  },
} as const
export const versions: Versions = { bl: 3, tee: 1, snp: 8, ucode: 115, fmc: 2 }

/** What a test changes of a report that is good. */
export type SnpChanges = {
  product?: SnpProduct
  /** Of the report's format. Default: 3. */
  version?: 2 | 3 | 5
  provider?: string
  certificates?: (specs: readonly CertificateSpec[]) => CertificateSpec[]
  /** Certificates that are written already. */
  ders?: (ders: readonly Buffer[]) => Buffer[]
  /** Bytes of the report before it is signed. */
  report?: (report: Buffer) => void
  signer?: KeyObject
  /** Bytes of the report once it is signed. */
  signed?: (report: Buffer) => Uint8Array
  collateral?: (collateral: SevSnpCollateral) => unknown
  list?: Partial<ListSpec>
}

const amd = '1.3.6.1.4.1.3704.1'
const extension = (id: string, value: Uint8Array): Extension => ({ id: `${amd}.${id}`, value })

/** AMD's extensions of a key's certificate. */
function endorsementOf(product: SnpProduct, chipId: Buffer, provider?: string): Extension[] {
  const { bl, tee, snp, ucode, fmc } = versions
  const numbers = { '3.1': bl, '3.2': tee, '3.3': snp, '3.8': ucode }
  return [
    extension('1', integer(provider ? 1 : 0)),
    extension('2', text(0x16, provider ? product : products[product].steps)),
    ...Object.entries({ ...numbers, ...(product === 'Turin' && { '3.9': fmc! }) }).map(
      ([id, value]) => extension(id, integer(value)),
    ),
    provider ? extension('5', text(0x16, provider)) : extension('4', chipId),
  ]
}

/** An authority like AMD's, with keys of its own. */
export function createSnpAuthority() {
  const keys = [newKey('P-384'), rsaKey(0), rsaKey(1)] as const
  const written = new Map<string, Buffer[]>()

  function documentOf(changes: SnpChanges = {}) {
    const { product = 'Milan', version = 3, provider } = changes
    const chipId = Buffer.alloc(product === 'Turin' ? 8 : 64, 0xc1)
    const good = chainOf([
      {
        commonName: provider ? 'SEV-VLEK' : 'SEV-VCEK',
        key: keys[0],
        algorithm: 'ecdsa-sha384',
        extensions: [
          ...endorsementOf(product, chipId, provider),
          authorityKeyId(createPublicKey(keys[1])),
        ],
      },
      {
        commonName: provider ? `SEV-VLEK-${product}` : `SEV-${product}`,
        key: keys[1],
        algorithm: 'rsa-pss-sha384',
      },
      { commonName: `ARK-${product}`, key: keys[2], algorithm: 'rsa-pss-sha384-trailer' },
    ])
    const specs = changes.certificates?.(good) ?? good
    const cacheKey = `${product} ${String(provider)}`
    const goodDers =
      specs === good
        ? (written.get(cacheKey) ?? good.map(writeCertificate))
        : specs.map(writeCertificate)
    if (specs === good) written.set(cacheKey, goodDers)
    const ders = changes.ders?.(goodDers) ?? goodDers
    const report = signReport(reportOf(product, version, chipId, provider), changes)
    const list =
      changes.list &&
      writeList({
        issuer: `ARK-${product}`,
        signer: keys[2],
        algorithm: 'rsa-pss-sha384-trailer',
        revoked: [],
        thisUpdate: judgedAt - 60,
        nextUpdate: judgedAt + 60,
        ...changes.list,
      })
    const plain: SevSnpCollateral = { certificates: ders, ...(list && { revocationList: list }) }
    const pin: Hex = `0x${createHash('sha256')
      .update(ders.at(-1) ?? '')
      .digest('hex')}`
    const collateral = (changes.collateral?.(plain) ?? plain) as SevSnpCollateral
    return { document: report, collateral, pin }
  }

  function signReport(report: Buffer, changes: SnpChanges): Buffer {
    changes.report?.(report)
    const key = { key: changes.signer ?? keys[0], dsaEncoding: 'ieee-p1363' } as const
    const signature = sign('sha384', report.subarray(0, 0x2a0), key)
    signature.subarray(0, 48).reverse().copy(report, 0x2a0)
    signature
      .subarray(48)
      .reverse()
      .copy(report, 0x2a0 + 72)
    return Buffer.from(changes.signed?.(report) ?? report)
  }
  return { keys, documentOf }
}

function reportOf(product: SnpProduct, version: number, chipId: Buffer, provider?: string): Buffer {
  const report = Buffer.alloc(0x4a0)
  const tcb = Buffer.from(products[product].tcb(versions))
  report.writeUInt32LE(version, 0)
  report.writeBigUInt64LE(0x3_0000n, 8)
  report.writeUInt32LE(1, 0x34)
  report.writeBigUInt64LE(3n, 0x40)
  // Signed by an author's key, too; bits 2 to 4 say by which key of AMD.
  report.writeUInt32LE(provider ? 0b101 : 0b001, 0x48)
  report.fill(0xda, 0x50, 0x90).fill(0x3e, 0x90, 0xc0).fill(0x40, 0xc0, 0xe0)
  report.fill(0x1d, 0xe0, 0x110).fill(0xa0, 0x110, 0x140).fill(0x1e, 0x140, 0x160)
  for (const place of [0x38, 0x180, 0x1e0, 0x1f0]) tcb.copy(report, place)
  if (version > 2) report.set(products[product].processor, 0x188)
  if (version > 3) report.fill(0x01, 0x1f8, 0x208)
  chipId.copy(report, 0x1a0)
  return report
}
