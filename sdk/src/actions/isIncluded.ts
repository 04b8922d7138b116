import type { Address, Hex } from 'viem'
import { inferenceLogIsIncluded } from '../generated/reads.ts'
import type { Inference } from '../formats/inference.ts'
import { addressOf, type ReadClient } from './contract.ts'
import { read } from './read.ts'

export type IsIncludedParameters = {
  inference: Inference
  /** Root of its batch. */
  root: Hex
  /** Inclusion proof, from the leaf upwards. */
  proof: readonly Hex[]
  /** Default: the latest block. */
  blockNumber?: bigint | undefined
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Whether the chain finds an inference in a settled batch.
 *
 * @throws RpcUnreachableError, NoContractError
 */
export function isIncluded(client: ReadClient, parameters: IsIncludedParameters): Promise<boolean> {
  const { logId, modelId, environmentId, commitment, sequence, servedAt } = parameters.inference
  return read(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    function: inferenceLogIsIncluded,
    args: [
      { logId, modelId, environmentId, commitment, sequence, servedAt },
      parameters.root,
      parameters.proof,
    ],
    blockNumber: parameters.blockNumber,
  })
}
