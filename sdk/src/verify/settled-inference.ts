import type { Hex } from 'viem'
import type { Batch } from '../formats/batch.ts'
import { type Inference, type InferenceLogPlace } from '../formats/inference.ts'
import { checkEnvironment } from './checks/environment.ts'
import { checkLog } from './checks/log.ts'
import { checkModel } from './checks/model.ts'
import { checkOutput } from './checks/output.ts'
import { checkSessionKey } from './checks/session-key.ts'
import { checkSettlement } from './checks/settlement.ts'
import { checkTime } from './checks/time.ts'
import type { ChainFacts } from './chain/chain-state.ts'
import { isUnread, type Unread } from './chain/unread.ts'
import { defaultPolicy, type VerificationPolicy } from './policy.ts'
import type { Check, CheckName, CheckStatus } from './report.ts'

/** An inference as batch data and the chain's events tell it: all but what its receipt alone shows. */
export type SettledInference = {
  inferenceId: Hex
  inference: Inference
  /** Its inference log; addresses in lower case. */
  place: InferenceLogPlace
  batch: Batch
  /** What is known of the chain, or why it is not. */
  facts: ChainFacts | Unread
}

/** What can be said of an inference without its receipt. */
export type SettledInferenceState = {
  /** `refuted` if a check is; `verified` if every check is that the policy requires and that can be made without the receipt. */
  status: CheckStatus
  checks: Check[]
  /** Checks that the policy requires and that the receipt alone, or a proof of inclusion, can show. */
  left: CheckName[]
}

/**
 * Judges an inference by what is public, with the rules of `verifyReceipt`: that the data of its batch gives its root is believed of
 * whoever read it.
 *
 * @param policy - Default: `defaultPolicy`.
 */
export function judgeSettledInference(
  { inferenceId, inference, place, batch, facts }: SettledInference,
  policy: VerificationPolicy = defaultPolicy,
): SettledInferenceState {
  const signedByKey = isUnread(facts) || facts.settlement?.signedByKey !== false
  const signer = signedByKey ? ('sessionKey' as const) : ('owner' as const)
  const subject = { inference, place, batch, signer, receipt: { inferenceId } }
  const environment = checkEnvironment(subject, facts, policy)
  const checks = [
    checkSettlement(subject, facts),
    checkTime(subject, facts, policy),
    checkSessionKey(subject, facts),
    checkLog(subject, facts),
    // Nothing is opened: the names that a recorder gives are private.
    checkModel({ inference, opened: new Map() }, facts, policy),
    environment,
    checkOutput(subject, environment, facts, policy),
  ]
  const made = (name: CheckName) => checks.find((check) => check.name === name)
  return {
    status: statusOf(checks, policy.require.map(made)),
    checks,
    left: policy.require.filter((name) => !made(name)),
  }
}

function statusOf(checks: readonly Check[], required: readonly (Check | undefined)[]): CheckStatus {
  if (checks.some(({ status }) => status === 'refuted')) return 'refuted'
  return required.every((check) => check === undefined || check.status === 'verified')
    ? 'verified'
    : 'unknown'
}
