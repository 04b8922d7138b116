import { type AciBinding, type BoundAciKeyset, checkAciKeyset } from '../aci/bound-keyset.ts'
import { type AciRule, aciRules } from '../aci/rules.ts'
import { rulesOf } from '../judging/report.ts'
import { type NitroReport, verifyNitro } from '../nitro/verify-nitro.ts'
import { type SevSnpOptions, type SevSnpReport, verifySevSnp } from '../sev-snp/verify-sev-snp.ts'
import { type TdxOptions, type TdxReport, verifyTdx } from '../tdx/verify-tdx.ts'
import type { AttestationArchive } from './archive.ts'

/** What an archive is judged by: a kind takes what concerns it. */
export type ArchiveOptions = Omit<TdxOptions, 'collateral'> & Omit<SevSnpOptions, 'collateral'>

/** What a document shows together with a keyset that its report data bind, if one is archived with it. */
export type WithAciKeyset<Report extends TdxReport | SevSnpReport> = Omit<Report, 'rules'> & {
  rules: readonly { rule: Report['rules'][number]['rule'] | AciRule; requires: string }[]
  aci?: BoundAciKeyset
}

/** What an archive shows. */
export type ArchiveReport = NitroReport | WithAciKeyset<TdxReport> | WithAciKeyset<SevSnpReport>

/**
 * Verifies what is archived, each kind by its own rules, and the keyset that comes with it.
 *
 * @throws AttestationRefusedError by the name of the rule that it breaks.
 * @throws InvalidAttestationOptionsError
 */
export function verifyArchive(archive: AttestationArchive, options: ArchiveOptions): ArchiveReport {
  const { document } = archive
  if (archive.kind === 'nitro') return verifyNitro(document, options)
  return archive.kind === 'tdx'
    ? withKeyset(verifyTdx(document, { ...options, collateral: archive.collateral }), archive)
    : withKeyset(verifySevSnp(document, { ...options, collateral: archive.collateral }), archive)
}

function withKeyset<Report extends TdxReport | SevSnpReport>(
  report: Report,
  { aci }: { aci?: AciBinding | undefined },
): WithAciKeyset<Report> {
  if (!aci) return report
  const rules = [...report.rules, ...rulesOf(aciRules)]
  return { ...report, rules, aci: checkAciKeyset(report, aci) }
}
