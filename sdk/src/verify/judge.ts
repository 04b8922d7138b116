import { standardFields } from '../formats/fields.ts'
import { checkCommitment, checkInclusion } from './checks/record.ts'
import { checkEvidence } from './checks/evidence.ts'
import { checkContents, type ExchangeContents } from './checks/contents.ts'
import { checkEnvironment } from './checks/environment.ts'
import { checkHints } from './checks/hints.ts'
import { checkLog } from './checks/log.ts'
import { checkMessages } from './checks/messages.ts'
import { checkModel } from './checks/model.ts'
import { checkOutput } from './checks/output.ts'
import { checkSessionKey } from './checks/session-key.ts'
import { checkSettlement } from './checks/settlement.ts'
import { checkSignature } from './checks/signature.ts'
import { checkTime } from './checks/time.ts'
import { type Attested, nothingAttested } from './attestations.ts'
import type { ChainState } from './chain/chain-state.ts'
import { isUnread, type Unread } from './chain/unread.ts'
import type { VerificationPolicy } from './policy.ts'
import {
  type Check,
  type CheckStatus,
  notProven,
  reportSchema,
  type VerificationReport,
} from './report.ts'
import type { Subject } from './subject.ts'

/** The local chain of development nodes: anyone can restart it and write anything. */
const localChainId = 31337

/** All that is known of a receipt. */
export type Findings = {
  subject: Subject
  state: ChainState | Unread
  policy: VerificationPolicy
  contents: ExchangeContents | undefined
  attested: Attested
}

/** Judges what was found about a receipt. Reads nothing: the same findings give the same report. */
export function judge({
  subject,
  state,
  policy,
  contents,
  attested,
}: Findings): VerificationReport {
  const commitment = checkCommitment(subject)
  // A field that is not the committed one says nothing, so nothing is drawn from it.
  const believed = commitment.status === 'verified' ? subject : { ...subject, opened: new Map() }
  const believable = believed === subject ? attested : nothingAttested
  const environment = checkEnvironment(subject, state, policy, believable)
  const checks = [
    commitment,
    checkInclusion(subject),
    checkSignature(subject, state),
    checkSettlement(subject, state),
    checkTime(subject, state, policy),
    checkSessionKey(subject, state),
    checkLog(subject, state),
    checkModel(believed, state, policy),
    environment,
    checkOutput(subject, environment, state, policy, believable),
    checkMessages(subject),
    checkContents(believed, contents),
    checkEvidence(believable.evidence),
    checkHints(subject, state),
  ].filter((check) => check !== undefined)
  const { chainId } = subject.place
  return {
    schema: reportSchema,
    status: statusOf(checks, policy),
    inferenceId: subject.receipt.inferenceId,
    chain: {
      id: String(chainId),
      local: chainId === localChainId,
      ...(isUnread(state) ? { endpoints: [] } : blockOf(state)),
    },
    checks,
    hidden: hiddenIn(subject),
    notProven,
  }
}

function blockOf({
  block,
  endpoints,
}: ChainState): Omit<VerificationReport['chain'], 'id' | 'local'> {
  const { number, hash, timestamp } = block
  return {
    block: { number: String(number), hash, timestamp: String(timestamp) },
    endpoints: [...endpoints],
  }
}

function hiddenIn({ receipt }: Subject): string[] {
  const { leafHashes, opened } = receipt.fields
  const hidden: string[] = []
  for (let place = 0; place < leafHashes.length; place++) {
    if (opened.some(({ index }) => Number(index) === place)) continue
    hidden.push(standardFields[place] ?? `field ${place}`)
  }
  return hidden
}

function statusOf(checks: readonly Check[], policy: VerificationPolicy): CheckStatus {
  if (checks.some((check) => check.status === 'refuted')) return 'refuted'
  // Hints prove nothing, but a receipt whose hints don't hold has been touched, or has aged: it is not waved through.
  const required = new Set<Check['name']>([...policy.require, 'hints', 'contents'])
  const met = checks.filter((check) => required.has(check.name))
  const missing = policy.require.some((name) => !checks.some((check) => check.name === name))
  return !missing && met.every((check) => check.status === 'verified') ? 'verified' : 'unknown'
}
