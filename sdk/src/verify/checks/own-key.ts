import type { Environment } from '../../actions/getEnvironment.ts'
import { keyAddressOf } from '../../formats/environment.ts'
import { type EvidenceSpeaker, isSignedByEnvironment } from '../../formats/evidence.ts'
import type { EvidenceFinding } from '../attestations.ts'
import type { Subject } from '../subject.ts'

/**
 * What an environment's own key signed: the batch, or evidence of the exchange, as the model or as a gateway before it. Of several the
 * first of these; undefined: nothing.
 */
export function signedByOwnKey(
  environment: Environment,
  { place, signer }: Pick<Subject, 'place' | 'signer'>,
  evidence: readonly EvidenceFinding[],
): 'batch' | EvidenceSpeaker | undefined {
  if (signer === 'sessionKey' && keyAddressOf(environment) === place.sessionKey) return 'batch'
  const speakers = evidence
    .filter((it) => 'report' in it)
    .filter(({ report }) => isSignedByEnvironment(report, environment))
    .map(({ report }) => report.speaker)
  return speakers.includes('model') ? 'model' : speakers[0]
}
