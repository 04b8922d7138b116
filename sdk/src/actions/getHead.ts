import type { Address, Hex } from 'viem'
import { inferenceLogAbi } from '../generated/abi.ts'
import { addressOf, read, type ReadClient } from './contract.ts'

export type GetHeadParameters = {
  logId: Hex
  /** Default: the latest block. */
  blockNumber?: bigint | undefined
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Next sequence number of an inference log: how many of its inferences are settled or skipped.
 *
 * @throws RpcUnreachableError, NoContractError
 */
export function getHead(client: ReadClient, parameters: GetHeadParameters): Promise<bigint> {
  return read(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogAbi,
    functionName: 'heads',
    args: [parameters.logId],
    blockNumber: parameters.blockNumber,
  })
}
