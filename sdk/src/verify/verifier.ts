import type { ReadClient } from '../actions/contract.ts'
import { ChainReorganizedError } from '../errors/verification.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { ExchangeContents } from './checks/contents.ts'
import { type ChainReader, openChain } from './chain/chain-reader.ts'
import { type ChainState, readChainState } from './chain/chain-state.ts'
import { type Unread, unreadBecause } from './chain/unread.ts'
import { judge } from './judge.ts'
import { parsePolicy } from './parse-policy.ts'
import { defaultPolicy, type VerificationPolicy } from './policy.ts'
import type { VerificationReport } from './report.ts'
import { type Signer, signerOf } from './signer.ts'
import { type Subject, subjectOf } from './subject.ts'

export type VerifierOptions = {
  /** What to believe and to require. Default: `defaultPolicy`. */
  policy?: VerificationPolicy | undefined
  /**
   * A viem client for the receipts' chain, or several that all have to give the same answers. Default: none; then what needs the
   * chain is `unknown`.
   */
  client?: ReadClient | readonly ReadClient[] | undefined
}

/** Verifies any number of receipts by one policy, reading each chain at one block. */
export type Verifier = (
  receipt: InferenceReceipt,
  contents?: ExchangeContents,
) => Promise<VerificationReport>

/**
 * Makes a verifier: what receipts have in common is checked and read once.
 *
 * @throws InvalidPolicyError
 */
export function createVerifier({ policy: given, client }: VerifierOptions = {}): Verifier {
  const policy = parsePolicy(given ?? defaultPolicy)
  const clients = client === undefined ? [] : [client].flat()
  const chains = new Map<number, Promise<ChainReader>>()

  function chainOf(chainId: number, contracts: VerificationPolicy['chains'][string]) {
    const chain = chains.get(chainId) ?? openChain(clients, chainId, contracts)
    chains.set(chainId, chain)
    return chain
  }

  async function stateOf(subject: Subject, signer: Signer): Promise<ChainState | Unread> {
    const { chainId } = subject.place
    const contracts = contractsFor(subject, policy)
    if ('unread' in contracts) return contracts
    if (clients.length === 0) {
      return { unread: 'The chain was not asked.', raise: `Ask an endpoint of chain ${chainId}.` }
    }
    const auditors = (policy.auditors ?? []).map(({ account }) => account)
    const asked = { ownerContract: signer === 'other', auditors: [...new Set(auditors)] }
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

  return async (receipt, contents) => {
    const subject = subjectOf(receipt)
    const signer = signerOf(subject)
    const state = await stateOf(subject, signer)
    return judge({ subject, signer, state, policy, contents })
  }
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
