import type { Hex } from 'viem'
import { hexOf } from '../judging/bytes.ts'
import { demand, judged, readAs } from '../judging/judge.ts'
import type { AttestationReport } from '../judging/report.ts'
import { type AciKeyset, aciReportDataOf, readAciKeyset } from './keyset.ts'

/** What comes with a document whose report data bind a keyset of Attested Confidential Inference. */
export type AciBinding = {
  /** `attestation.workload_keyset` of `GET /v1/aci/attestation`. Not trusted: it is judged with the document. */
  keyset: unknown
  /** 32 bytes that the service was asked with; undefined: none. */
  nonce?: Uint8Array | undefined
}

/** A keyset that the report data of a verified document bind. */
export type BoundAciKeyset = AciKeyset & {
  /** What the service was asked with, if anything. */
  nonce?: Hex
}

/**
 * Checks that a verified document binds a keyset, and that this has not ended at the time of judging.
 *
 * @throws AttestationRefusedError by the name of the rule that is broken.
 */
export function checkAciKeyset(
  { kind, at, reportData }: AttestationReport<'tdx' | 'sev-snp'> & { reportData: Hex },
  binding: AciBinding,
): BoundAciKeyset {
  return judged(kind, () => {
    const read = readAciBinding(binding)
    const expected = aciReportDataOf(read.digest, read.nonce)
    demand(
      reportData === expected,
      'keysetBinding',
      `for the keyset it would hold ${expected}, and it holds ${reportData}`,
    )
    demand(at < read.notAfter, 'keysetValidity', 'the keyset has ended at the time of judging')
    return read
  })
}

/** Reads a keyset and its nonce, and believes none of it. Ends the judging if they are of another form. */
export function readAciBinding({ keyset, nonce }: AciBinding): BoundAciKeyset {
  const read = readAs('keysetForm', 'the keyset', () => readAciKeyset(keyset))
  if (nonce === undefined) return read
  demand(nonce.length === 32, 'keysetForm', `its nonce has ${nonce.length} bytes, not 32`)
  return { ...read, nonce: hexOf(nonce) }
}
