import type { ReadClient } from '../actions/contract.ts'
import { ChainReorganizedError } from '../errors/verification.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import { type AttestationReader, readAttested } from './attestations.ts'
import type { ExchangeContents } from './checks/contents.ts'
import { type ChainReader, openChain } from './chain/chain-reader.ts'
import { type ChainState, readChainState } from './chain/chain-state.ts'
import { type Unread, unreadBecause } from './chain/unread.ts'
import { judge } from './judge.ts'
import { parsePolicy } from './parse-policy.ts'
import { defaultPolicy, type VerificationPolicy } from './policy.ts'
import type { VerificationReport } from './report.ts'
import { type Subject, subjectOf } from './subject.ts'

export type VerifierOptions = {
  /** What to believe and to require. Default: `defaultPolicy`. */
  policy?: VerificationPolicy | undefined
  /**
   * A viem client for the receipts' chain, or several that all have to give the same answers. Default: none; then what needs the
   * chain is `unknown`.
   */
  client?: ReadClient | readonly ReadClient[] | undefined
  /**
   * Reads archived attestations and providers' evidence: `attestationReader()` of `@assay/attestation`. Default: none; then what they
   * would show is `unknown`.
   */
  attestations?: AttestationReader | undefined
}

/** Verifies any number of receipts by one policy, reading each chain at one block. */
export type Verifier = (
  receipt: InferenceReceipt,
  contents?: ExchangeContents,
) => Promise<VerificationReport>

/** Verifies receipts that are all of one batch, so that most has to be read once only. */
export type BatchVerifier = (
  subjects: readonly Subject[],
  contents?: ExchangeContents,
) => Promise<VerificationReport[]>

/**
 * Makes a verifier: what receipts have in common is read once.
 *
 * @throws InvalidPolicyError
 */
export function createVerifier(options: VerifierOptions = {}): Verifier {
  const verifyBatch = createBatchVerifier(options)
  return async (receipt, contents) => {
    const [report] = await verifyBatch([subjectOf(receipt)], contents)
    return report!
  }
}

/**
 * Makes a verifier of receipts that come batch by batch.
 *
 * @throws InvalidPolicyError
 */
export function createBatchVerifier({
  policy: given,
  client,
  attestations,
}: VerifierOptions = {}): BatchVerifier {
  // Ours needs no reading: it takes a tenth of the time of a first receipt.
  const policy = given === undefined ? defaultPolicy : parsePolicy(given)
  const clients = client === undefined ? [] : [client].flat()
  const chains = new Map<number, Promise<ChainReader>>()

  function chainOf(chainId: number, contracts: VerificationPolicy['chains'][string]) {
    const chain = chains.get(chainId) ?? openChain(clients, chainId, contracts)
    chains.set(chainId, chain)
    return chain
  }

  async function stateOf(subjects: readonly Subject[]): Promise<ChainState | Unread> {
    const subject = subjects[0]!
    const { chainId } = subject.place
    const contracts = contractsFor(subject, policy)
    if ('unread' in contracts) return contracts
    if (clients.length === 0) {
      return { unread: 'The chain was not asked.', raise: `Ask an endpoint of chain ${chainId}.` }
    }
    const auditors = (policy.auditors ?? []).map(({ account }) => account)
    const asked = {
      ownerContract: subject.signer === 'other',
      auditors: [...new Set(auditors)],
      inferenceIds: subjects.map(({ receipt }) => receipt.inferenceId),
    }
    for (let attempt = 1; ; attempt++) {
      try {
        const chain = await chainOf(chainId, contracts)
        const state = await readChainState(chain, subject, asked)
        await chain.confirm()
        return state
      } catch (error) {
        chains.delete(chainId)
        if (!(error instanceof ChainReorganizedError) || attempt === 2) return unreadBecause(error)
      }
    }
  }

  return async (subjects, contents) => {
    const groups = new Map<string, Subject[]>()
    for (const subject of subjects) {
      const alike = groups.get(readsOf(subject))
      if (alike) alike.push(subject)
      else groups.set(readsOf(subject), [subject])
    }
    const states = new Map<string, ChainState | Unread>()
    for (const [reads, alike] of groups) states.set(reads, await stateOf(alike))
    return Promise.all(
      subjects.map(async (subject) => {
        const state = states.get(readsOf(subject))!
        const attested = await readAttested(subject, state, policy, contents, attestations)
        return judge({ subject, state, policy, contents, attested })
      }),
    )
  }
}

/** What the chain is asked about a receipt, beside what it is about its batch and its inference id. */
function readsOf({ inference: { modelId, environmentId }, receipt }: Subject): string {
  return `${modelId} ${environmentId} ${receipt.hints.transactionHash}`
}

/** The contracts that the policy believes on a receipt's chain, if the receipt speaks of them. */
function contractsFor({ place }: Subject, { chains }: VerificationPolicy) {
  const { chainId, inferenceLog } = place
  const contracts = Object.hasOwn(chains, chainId) ? chains[chainId] : undefined
  if (!contracts) {
    return {
      unread: `The policy names no contracts on chain ${chainId}.`,
      raise: `Add chain ${chainId} to the policy if you believe it.`,
    }
  }
  return contracts.inferenceLog === inferenceLog
    ? contracts
    : {
        unread: `The receipt speaks of the contract ${inferenceLog}, the policy believes ${contracts.inferenceLog}.`,
        raise: 'Use a policy that names the contract, if you believe it.',
      }
}
