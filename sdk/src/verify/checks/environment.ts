import { zeroHash } from 'viem'
import type { Environment } from '../../actions/getEnvironment.ts'
import { printable } from '../../errors/printable.ts'
import { type Attested, nothingAttested } from '../attestations.ts'
import type { ChainFacts } from '../chain/chain-state.ts'
import { isUnread, type Unread } from '../chain/unread.ts'
import type { VerificationPolicy } from '../policy.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { acceptEnvironment } from './accepted-environment.ts'
import { linesOf } from './line.ts'
import { signedByOwnKey } from './own-key.ts'
import { dateOf, endOf, momentOf, whyTooLate } from './times.ts'

const { line, unread } = linesOf('environment')

/** Which environment: who registered it, whether it was in force, whether its own key signed, and whether the policy believes it. */
export function checkEnvironment(
  subject: Pick<Subject, 'inference' | 'place' | 'signer'>,
  state: ChainFacts | Unread,
  policy: VerificationPolicy,
  { evidence, archive }: Attested = nothingAttested,
): Check {
  const { inference } = subject
  if (inference.environmentId === zeroHash) {
    return line('unknown', 'declared', 'None is named.', 'The operator can register where it runs.')
  }
  if (isUnread(state)) return unread(state, 'declared')
  const { environment, settlement } = state
  if (!environment) {
    return line('unknown', 'declared', 'The environment id is not in the registry.')
  }
  const who = `“${printable(environment.kind)}”, registered by ${environment.registrant.toLowerCase()}`
  if (!settlement) {
    return line('unknown', 'declared', `${who}. Not settled, so no time to judge it by.`)
  }
  const { settledAt } = settlement
  const refusal = outOfForce(environment, inference.servedAt, settledAt)
  if (refusal) {
    return line(refusal.status, refusal.source, `${who}${refusal.why}`)
  }
  const signed = signedByOwnKey(environment, subject, evidence)
  if (!signed) {
    return line(
      'unknown',
      'declared',
      `${who}; named by the recorder, whose key is another.`,
      'Only a batch or evidence signed by the environment’s own key can show that it ran there.',
    )
  }
  const { status, words, raise } = acceptEnvironment(
    inference.environmentId,
    environment,
    settledAt,
    state,
    policy,
    archive,
  )
  return line(
    status,
    words.source,
    `${who}; its own key signed ${what[signed]}. ${words.text}`,
    raise,
  )
}

const what = {
  batch: 'the batch',
  model: 'this exchange, as the model’s enclave',
  gateway: 'this exchange, as a gateway',
} as const

type Refusal = { status: 'refuted' | 'unknown'; source: 'vouched' | 'declared'; why: string }

/**
 * Why an environment was not in force.
 *
 * @param servedAt - Unix ms.
 * @param settledAt - Unix seconds.
 */
function outOfForce(
  environment: Environment,
  servedAt: bigint,
  settledAt: bigint,
): Refusal | undefined {
  const { compromise, revokedAt, validUntil, registeredAt } = environment
  const revoked = revokedAt !== undefined && whyTooLate(servedAt, settledAt, momentOf(revokedAt))
  if (revoked) {
    return {
      status: 'refuted',
      source: 'vouched',
      why: `. Revoked ${dateOf(revokedAt)}, ${revoked}.`,
    }
  }
  const expired = whyTooLate(servedAt, settledAt, endOf(validUntil))
  if (expired) {
    return {
      status: 'refuted',
      source: 'vouched',
      why: `. It was valid until ${dateOf(validUntil)} only, ${expired}.`,
    }
  }
  // After what refutes: a report takes from what was good, and saves nothing.
  if (compromise && settledAt >= BigInt(compromise.since)) {
    const reported = `${compromise.reporter.toLowerCase()} reported at ${dateOf(compromise.reportedAt)}`
    return {
      status: 'unknown',
      source: 'vouched',
      why: `. ${reported} that it was compromised since ${dateOf(compromise.since)}, before this was settled.`,
    }
  }
  return servedAt / 1000n < BigInt(registeredAt)
    ? {
        status: 'unknown',
        source: 'declared',
        why: `, but only ${dateOf(registeredAt)}, after this was served.`,
      }
    : undefined
}
