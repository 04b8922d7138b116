import { InvalidAttestationOptionsError } from '../judging/errors.ts'

/**
 * The keyset in the answer of a service of Attested Confidential Inference (`GET /v1/aci/attestation`, draft `aci/1`).
 *
 * @param value - Not trusted: what is in it is judged with the document.
 * @returns As an archive takes it.
 * @throws InvalidAttestationOptionsError if there is none, or the answer is of another version.
 */
export function readAciReport(value: unknown): object {
  const report = membersOf(value)
  if (report.api_version !== 'aci/1') {
    throw new InvalidAttestationOptionsError('api_version', 'must be aci/1')
  }
  const { workload_keyset: keyset } = membersOf(report.attestation)
  if (typeof keyset === 'object' && keyset !== null && !Array.isArray(keyset)) return keyset
  throw new InvalidAttestationOptionsError('attestation.workload_keyset', 'must be an object')
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
