import { type NitroReport, verifyNitro } from '../nitro/verify-nitro.ts'
import { type SevSnpOptions, type SevSnpReport, verifySevSnp } from '../sev-snp/verify-sev-snp.ts'
import { type TdxOptions, type TdxReport, verifyTdx } from '../tdx/verify-tdx.ts'
import type { AttestationArchive } from './archive.ts'

/** What an archive is judged by: a kind takes what concerns it. */
export type ArchiveOptions = Omit<TdxOptions, 'collateral'> & Omit<SevSnpOptions, 'collateral'>

/**
 * Verifies what is archived, each kind by its own rules.
 *
 * @throws AttestationRefusedError by the name of the rule that it breaks.
 * @throws InvalidAttestationOptionsError
 */
export function verifyArchive(
  archive: AttestationArchive,
  options: ArchiveOptions,
): NitroReport | TdxReport | SevSnpReport {
  const { document } = archive
  if (archive.kind === 'nitro') return verifyNitro(document, options)
  return archive.kind === 'tdx'
    ? verifyTdx(document, { ...options, collateral: archive.collateral })
    : verifySevSnp(document, { ...options, collateral: archive.collateral })
}
