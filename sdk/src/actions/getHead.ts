import type { Address, Hex } from 'viem'
import { inferenceLogHeads } from '../generated/reads.ts'
import { addressOf, type ReadClient } from './contract.ts'
import { read } from './read.ts'

export type GetHeadParameters = {
  logId: Hex
  /** Default: the latest block. */
  blockNumber?: bigint | undefined
  /** `finalized`: what no reorganization can take back any more. Default: `latest`. */
  blockTag?: 'latest' | 'finalized' | undefined
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
    function: inferenceLogHeads,
    args: [parameters.logId],
    blockNumber: parameters.blockNumber,
    blockTag: parameters.blockTag,
  })
}
