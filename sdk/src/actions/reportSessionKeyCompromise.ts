import type { Address, Hex } from 'viem'
import { inferenceLogAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type ReportSessionKeyCompromiseParameters = {
  /** Address of the session key. */
  sessionKey: Address
  /** Unix seconds since when others held it, not in the future. A later report can only reach back further. */
  since: number
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Reports that others held a session key of the client's account. What it settled from then on is judged `unknown`; what it may
 * settle does not change, so revoke it too.
 *
 * @returns Hash of the transaction.
 * @throws ContractRefusalError if the time is in the future, or no earlier than the one reported already.
 */
export function reportSessionKeyCompromise(
  client: WriteClient,
  parameters: ReportSessionKeyCompromiseParameters,
): Promise<Hex> {
  return write(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogAbi,
    functionName: 'reportCompromise',
    args: [parameters.sessionKey, parameters.since],
  })
}
