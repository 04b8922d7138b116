import type { EvidenceFormat } from '@assay/sdk/evidence'
import type { AttestationReader } from '@assay/sdk/verify'
import { type AttestationArchive, readArchive } from './archive/archive.ts'
import { type ArchiveOptions, verifyArchive } from './archive/verify-archive.ts'
import { checkEnvironment } from './environment.ts'
import { evidenceFormats } from './evidence/formats.ts'
import { sha256Hex } from './judging/bytes.ts'

/** `{`, with which an archive begins. A document of Nitro, which needs nothing beside it, may be registered by itself. */
const brace = 0x7b

export type AttestationReaderOptions = Omit<ArchiveOptions, 'at' | 'pins'> & {
  /** Archives of attestations, from wherever they were kept: each is found by its digest. Default: none. */
  archives?: readonly Uint8Array[] | undefined
  /** Forms of evidence that are read. Default: all that this package knows. */
  formats?: readonly EvidenceFormat[] | undefined
}

/**
 * What `verifyReceipt` takes as `attestations`: judges the archived attestations of environments, and providers' evidence of exchanges.
 *
 * @example
 * const report = await verifyReceipt(receipt, {
 *   policy, client, attestations: attestationReader({ archives: [archive] }),
 * })
 */
export function attestationReader({
  archives = [],
  formats = evidenceFormats,
  ...options
}: AttestationReaderOptions = {}): AttestationReader {
  const byDigest = new Map(archives.map((bytes) => [sha256Hex(bytes), bytes]))
  const byName = new Map(formats.map((format) => [format.name, format]))
  return {
    readEvidence: ({ format, content }, exchange) => byName.get(format)?.read(content, exchange),
    checkArchive(environment, at, roots) {
      const digest = environment.attestationDigest.toLowerCase() as `0x${string}`
      const bytes = byDigest.get(digest)
      if (!bytes) return undefined
      const report = verifyArchive(archiveOf(bytes), { ...options, at, pins: roots })
      checkEnvironment(report, environment, digest)
      return { root: report.root }
    },
  }
}

function archiveOf(bytes: Uint8Array): AttestationArchive {
  return bytes[0] === brace ? readArchive(bytes) : { kind: 'nitro', document: bytes }
}
