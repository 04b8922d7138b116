import type { Hex } from 'viem'
import type { Environment } from '../../actions/getEnvironment.ts'
import type { ArchiveFinding } from '../attestations.ts'
import type { ChainFacts } from '../chain/chain-state.ts'
import { isUnread } from '../chain/unread.ts'
import type { VerificationPolicy } from '../policy.ts'
import type { CheckSource, CheckStatus } from '../report.ts'
import { opinionOn } from './opinion.ts'

/** Tag of verdicts on an environment that speak of the model which it runs, not of the environment itself. */
export const measurementToModel = 'measurement-to-model'

/** Whether a policy believes what is registered of an environment. */
export type Acceptance = {
  status: CheckStatus
  /** Why, and on whose word: `declared` is the registrant's own. */
  words: { text: string; source: CheckSource }
  raise?: string
}

/**
 * Judges an environment whose own key signed. What is registered is the registrant's word, unless a contract or an auditor that the
 * policy believes attests that the key belongs to the measurement, or its archived attestation shows it.
 *
 * @param settledAt - Unix seconds.
 */
export function acceptEnvironment(
  environmentId: Hex,
  environment: Environment,
  settledAt: bigint,
  { verdicts, block }: Pick<ChainFacts, 'verdicts' | 'block'>,
  policy: VerificationPolicy,
  archive: ArchiveFinding,
): Acceptance {
  if (isUnread(verdicts)) return declared(verdicts.unread, verdicts.raise)
  const opinion = opinionOn(verdicts, policy, block.timestamp, {
    kind: 'environment',
    subject: environmentId,
    counts: ({ tag }) => tag !== measurementToModel,
  })
  if (opinion && opinion.status !== 'verified') {
    return { status: opinion.status, words: { text: `${opinion.words}.`, source: 'vouched' } }
  }
  const accepted = policy.environments ?? {}
  const unmet = conditionNotMet(environment, settledAt, accepted)
  if (unmet) return declared(`Your policy does not accept it: ${unmet}.`)
  if (accepted.attestationRoots) {
    return attested(archive)
  }
  if (opinion) {
    return { status: 'verified', words: { text: `${opinion.words}.`, source: 'vouched' } }
  }
  const { verifier } = environment
  return verifier && has(accepted.verifiers, verifier)
    ? {
        status: 'verified',
        words: {
          text: `The contract ${verifier.toLowerCase()}, which your policy believes, checked its attestation when it was registered.`,
          source: 'vouched',
        },
      }
    : declared(
        'Nothing that this policy believes attests what the key runs on.',
        'An attestation that binds the key to the measurement would raise it: name its verifier or an auditor in the policy.',
      )
}

/** What a policy's `attestationRoots` ask for: the archived attestation, judged for the time of the registration. */
function attested(archive: ArchiveFinding): Acceptance {
  if (isUnread(archive)) {
    const asked = 'Your policy asks for an attestation that leads to certain roots'
    return declared(`${asked}, and ${archive.unread}.`, archive.raise)
  }
  return 'refused' in archive
    ? declared(`The attestation that it was registered with is refused: ${archive.refused}`)
    : {
        status: 'verified',
        words: {
          text: `Its attestation, judged for when it was registered, binds that key and leads to the root ${archive.root}.`,
          source: 'proven',
        },
      }
}

function declared(text: string, raise?: string): Acceptance {
  return { status: 'unknown', words: { text, source: 'declared' }, ...(raise ? { raise } : {}) }
}

function conditionNotMet(
  { registrant, kind, measurement, registeredAt }: Environment,
  settledAt: bigint,
  accepted: NonNullable<VerificationPolicy['environments']>,
): string | undefined {
  const { registrants, kinds, measurements, maxAgeSeconds } = accepted
  if (registrants && !has(registrants, registrant)) return 'its registrant is not listed'
  if (kinds && !kinds.includes(kind)) return `its kind is not ${kinds.join(' or ')}`
  if (measurements && !has(measurements, measurement)) {
    return `its measurement ${measurement} is not listed`
  }
  if (maxAgeSeconds !== undefined && settledAt > BigInt(registeredAt) + BigInt(maxAgeSeconds)) {
    return `it was registered more than ${maxAgeSeconds} s before the settlement`
  }
  return undefined
}

const has = (list: readonly Hex[] | undefined, item: Hex) =>
  list?.some((it) => it.toLowerCase() === item.toLowerCase()) ?? false
