import type { ReadClient } from '../actions/contract.ts'
import { parseReceipt } from '../formats/parse-receipt.ts'
import { readChainState } from './chain-state.ts'
import {
  checkContents,
  checkEnvironment,
  checkModel,
  checkOutput,
  type ExchangeContents,
} from './checks/questions.ts'
import { checkCommitment, checkInclusion } from './checks/record.ts'
import {
  checkHints,
  checkSessionKey,
  checkSettlement,
  checkSignature,
  checkTime,
} from './checks/settlement.ts'
import { defaultPolicy, type VerificationPolicy } from './policy.ts'
import { type Check, type CheckStatus, notProven, type VerificationReport } from './report.ts'
import { signerOf } from './signer.ts'
import { subjectOf } from './subject.ts'

export type VerifyReceiptOptions = {
  /** What to believe and to require. Default: `defaultPolicy`. */
  policy?: VerificationPolicy | undefined
  /** A viem client for the receipt's chain. Default: none; then what needs the chain is `unknown`. */
  client?: ReadClient | undefined
  /** Request and response that you hold, to see whether the receipt speaks of them. Default: none. */
  contents?: ExchangeContents | undefined
}

/** The local chain of development nodes: anyone can restart it and write anything. */
const localChainId = 31337

/**
 * Checks a receipt, and says of each thing whether it is shown, refuted or unknown, and on whose word.
 *
 * Trusts no server of ours. Without a client it needs no network; with one, everything is read at one block.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted.
 * @returns A report. What is wrong with the inference is said there, not thrown.
 * @throws InvalidReceiptError if it is no receipt at all.
 *
 * @example
 * const report = await verifyReceipt(receipt, { client })
 * if (report.status !== 'verified') console.log(report.checks)
 */
export async function verifyReceipt(
  receipt: unknown,
  options: VerifyReceiptOptions = {},
): Promise<VerificationReport> {
  const { policy = defaultPolicy, client, contents } = options
  const subject = subjectOf(parseReceipt(receipt))
  const state = await readChainState(client, subject, policy)
  const signer = await signerOf(subject, state)
  const commitment = checkCommitment(subject)
  // A field that is not the committed one says nothing, so nothing is drawn from it.
  const believed = commitment.status === 'verified' ? subject : { ...subject, opened: new Map() }
  const checks = [
    commitment,
    checkInclusion(subject),
    checkSignature(subject, signer, state),
    checkSettlement(subject, state),
    checkTime(subject, state),
    checkSessionKey(subject, state),
    checkModel(believed, state),
    checkEnvironment(subject, signer, state),
    checkOutput(),
    checkContents(believed, contents),
    checkHints(subject, state),
  ].filter((check) => check !== undefined)
  return {
    status: statusOf(checks, policy),
    inferenceId: subject.receipt.inferenceId,
    chain: {
      id: subject.place.chainId,
      local: subject.place.chainId === localChainId,
      blockNumber: 'unread' in state ? undefined : state.blockNumber,
    },
    checks,
    notProven,
  }
}

function statusOf(checks: readonly Check[], policy: VerificationPolicy): CheckStatus {
  if (checks.some((check) => check.status === 'refuted')) return 'refuted'
  // Hints prove nothing, but a receipt whose hints don't hold has been touched, or has aged: it is not waved through.
  const required = new Set<Check['name']>([...policy.require, 'hints', 'contents'])
  const met = checks.filter((check) => required.has(check.name))
  const missing = policy.require.some((name) => !checks.some((check) => check.name === name))
  return !missing && met.every((check) => check.status === 'verified') ? 'verified' : 'unknown'
}
