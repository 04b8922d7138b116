import { isZero } from '../judging/bytes.ts'
import { demand } from '../judging/judge.ts'

/** Which key signs reports: the chip's own, or one that AMD gave to a cloud provider. */
export type SigningKey = 'vcek' | 'vlek'

/** An attestation report (AMD 56860, ATTESTATION_REPORT), read and not believed. */
export type SnpReport = {
  version: number
  guestSvn: number
  /** Bits as AMD numbers them. */
  policy: bigint
  familyId: Uint8Array
  imageId: Uint8Array
  vmpl: number
  platformInfo: bigint
  signingKey: SigningKey
  reportData: Uint8Array
  measurement: Uint8Array
  hostData: Uint8Array
  idKeyDigest: Uint8Array
  /** Nothing unless the launch was signed by an author's key. */
  authorKeyDigest: Uint8Array | undefined
  reportId: Uint8Array
  /** Of eight bytes each; what they mean is up to the product. */
  currentTcb: Uint8Array
  reportedTcb: Uint8Array
  /** Family and model of the processor; versions before 3 do not say. */
  processor: { family: number; model: number } | undefined
  chipId: Uint8Array
  signed: Uint8Array
  /** r ‖ s, big-endian. */
  signature: Uint8Array
}

const reportBytes = 0x4a0
const signatureStart = 0x2a0
/** Bytes that a version reserves. */
const reserved: Record<number, readonly (readonly [number, number])[]> = {
  2: [
    [0x188, 0x1a0],
    [0x1f8, signatureStart],
  ],
  3: [
    [0x18b, 0x1a0],
    [0x1f8, signatureStart],
  ],
  5: [
    [0x18b, 0x1a0],
    [0x208, signatureStart],
  ],
}
const alwaysReserved = [
  [0x4c, 0x50],
  [0x1eb, 0x1ec],
  [0x1ef, 0x1f0],
  // r and s have 72 bytes each, of which P-384 needs 48.
  [signatureStart + 48, signatureStart + 72],
  [signatureStart + 120, reportBytes],
] as const

/** Reads a report. */
export function readSnpReport(bytes: Uint8Array): SnpReport {
  demand(bytes.length === reportBytes, 'size', `it has ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const at = (from: number, size: number) => bytes.subarray(from, from + size)
  const version = view.getUint32(0, true)
  const ranges = reserved[version]
  demand(ranges !== undefined, 'version', `it is of version ${version}`)
  for (const [from, to] of [...ranges, ...alwaysReserved]) {
    demand(isZero(bytes.subarray(from, to)), 'version', `it has more at byte ${from}`)
  }
  demand(view.getUint32(0x34, true) === 1, 'algorithm', 'it is signed by another algorithm')
  const flags = view.getUint32(0x48, true)
  const signingKey = flags >> 5 === 0 ? (['vcek', 'vlek'] as const)[(flags >> 2) & 7] : undefined
  demand(signingKey !== undefined, 'signingKey', 'it says that no key of AMD signed it')
  return {
    version,
    guestSvn: view.getUint32(0x04, true),
    policy: view.getBigUint64(0x08, true),
    familyId: at(0x10, 16),
    imageId: at(0x20, 16),
    vmpl: view.getUint32(0x30, true),
    platformInfo: view.getBigUint64(0x40, true),
    signingKey,
    reportData: at(0x50, 64),
    measurement: at(0x90, 48),
    hostData: at(0xc0, 32),
    idKeyDigest: at(0xe0, 48),
    authorKeyDigest: flags & 1 ? at(0x110, 48) : undefined,
    reportId: at(0x140, 32),
    currentTcb: at(0x38, 8),
    reportedTcb: at(0x180, 8),
    processor: version < 3 ? undefined : { family: bytes[0x188]!, model: bytes[0x189]! },
    chipId: at(0x1a0, 64),
    signed: bytes.subarray(0, signatureStart),
    signature: Buffer.concat([
      Buffer.from(at(signatureStart, 48)).reverse(),
      Buffer.from(at(signatureStart + 72, 48)).reverse(),
    ]),
  }
}
