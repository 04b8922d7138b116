import type { AttestationReader } from '@assay/sdk/verify'
import { fileChunks, gather } from '../input/chunks.ts'
import type { VerifyOptions } from './options.ts'

/** As `maxArchiveBytes` of @assay/attestation, which is loaded later if at all. */
const maxArchiveBytes = 4_194_304

/**
 * A reader of attestations and evidence. Its parsers are heavy, so they are loaded with the first thing that there is to read.
 *
 * @throws InputError if an archive can't be read.
 */
export async function attestationsOf(
  { archive = [] }: Pick<VerifyOptions, 'archive'>,
  timeoutMillis: number,
): Promise<AttestationReader> {
  const archives = await Promise.all(
    archive.map((path) => gather(fileChunks(path, timeoutMillis), path, maxArchiveBytes)),
  )
  let loaded: Promise<AttestationReader> | undefined
  const load = () => (loaded ??= import('@assay/attestation').then(readerOf))
  const readerOf = ({ attestationReader }: typeof import('@assay/attestation')) =>
    attestationReader({ archives })
  return {
    readEvidence: async (...given) => (await load()).readEvidence(...given),
    checkArchive: async (...given) => (await load()).checkArchive(...given),
  }
}
