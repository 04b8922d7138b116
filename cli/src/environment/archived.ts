import { checkEnvironment, verifyArchive } from '@assay/attestation'
import type { EnvironmentClaim } from '@assay/sdk'
import { createHash } from 'node:crypto'
import type { Hex } from 'viem'
import { type JudgingOptions, judgingBy } from './judging.ts'
import { readWholeAttestation } from './read-attestation.ts'

/**
 * What is registered of an environment whose attestation is archived: all but the key follows from it, and the key has to be the one
 * that it holds.
 *
 * @param now - The present time as the chain counts it, for which it is judged, in Unix seconds.
 * @throws InputError, InvalidArchiveError; AttestationRefusedError if it does not hold, or holds another key
 */
export async function archivedClaim(
  path: string,
  given: Pick<EnvironmentClaim, 'keyType' | 'key'> &
    Partial<Pick<EnvironmentClaim, 'kind' | 'measurement'>>,
  options: JudgingOptions,
  now: number,
): Promise<EnvironmentClaim> {
  const { bytes, archive } = await readWholeAttestation(path)
  const report = verifyArchive(archive, judgingBy(options, now))
  const attestationDigest: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`
  const { kind, measurement } = report
  const claim = { kind, measurement, ...given, attestationDigest }
  checkEnvironment(report, claim, attestationDigest)
  return claim
}
