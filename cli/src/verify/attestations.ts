import type { AttestationReader } from '@assay/sdk/verify'
import { judgingBy } from '../environment/judging.ts'
import { UsageError } from '../errors.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import type { VerifyOptions } from './options.ts'

/** As `maxArchiveBytes` of @assay/attestation, which is loaded later if at all. */
const maxArchiveBytes = 4_194_304

/**
 * A reader of attestations and evidence. Its parsers are heavy, so they are loaded with the first thing that there is to read.
 *
 * @throws InputError if an archive can't be read; UsageError
 */
export async function attestationsOf(
  { archive = [], vmpl, tcbStatus }: Pick<VerifyOptions, 'archive' | 'vmpl' | 'tcbStatus'>,
  timeoutMillis: number,
): Promise<AttestationReader> {
  // The time and the roots are those of the registration and of the policy.
  const { at: _, ...judging } = judgingBy(
    { ...(vmpl && { vmpl }), ...(tcbStatus && { tcbStatus }) },
    0,
  )
  await checkStatuses(tcbStatus)
  const archives = await Promise.all(
    archive.map((path) => gather(fileChunks(path, timeoutMillis), path, maxArchiveBytes)),
  )
  let loaded: Promise<AttestationReader> | undefined
  const load = () => (loaded ??= import('@assay/attestation').then(readerOf))
  const readerOf = ({ attestationReader }: typeof import('@assay/attestation')) =>
    attestationReader({ archives, ...judging })
  return {
    readEvidence: async (...given) => (await load()).readEvidence(...given),
    checkArchive: async (...given) => (await load()).checkArchive(...given),
  }
}

/** Else it would seem that the document is refused. @throws UsageError */
async function checkStatuses(given: readonly string[] = []): Promise<void> {
  if (given.length === 0) return
  const { isTcbStatus } = await import('@assay/attestation/tdx')
  if (given.every((status) => isTcbStatus(status) && status !== 'Revoked')) return
  throw new UsageError('`--tcb-status` must be a status of Intel, not Revoked.')
}
