import type { Address, Hex } from 'viem'
import { inferenceLogAbi } from '../generated/abi.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type SkipInferencesParameters = {
  /** The inference log; the client's account is its owner. */
  key: InferenceLogKey
  /** Sequence number of the first inference given up; the log's head. */
  first: bigint
  /** How many are given up. */
  count: number
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Gives up the next sequence numbers of an inference log, whose openings were lost, so that it can go on.
 *
 * @returns Hash of the transaction.
 * @throws BatchGapError, BatchForkError, ContractRefusalError if the account is not the owner.
 */
export function skipInferences(
  client: WriteClient,
  parameters: SkipInferencesParameters,
): Promise<Hex> {
  const { key, first, count } = parameters
  return write(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogAbi,
    functionName: 'skip',
    args: [key, first, count],
  })
}
