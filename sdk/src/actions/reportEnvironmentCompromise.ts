import type { Address, Hex } from 'viem'
import { environmentRegistryAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type ReportEnvironmentCompromiseParameters = {
  environmentId: Hex
  /** Unix seconds since when others held it, not in the future. A later report can only reach back further. */
  since: number
  /** Default: the deployment on the client's chain. */
  environmentRegistry?: Address | undefined
}

/**
 * Reports that an environment of the client's account was compromised. What was settled from then on is judged `unknown`.
 *
 * @returns Hash of the transaction.
 * @throws ContractRefusalError if the account did not register it, or the time is in the future, or no earlier than the one
 * reported already.
 */
export function reportEnvironmentCompromise(
  client: WriteClient,
  parameters: ReportEnvironmentCompromiseParameters,
): Promise<Hex> {
  return write(client, 'environmentRegistry', {
    address: addressOf(client, 'environmentRegistry', parameters.environmentRegistry),
    abi: environmentRegistryAbi,
    functionName: 'reportCompromise',
    args: [parameters.environmentId, parameters.since],
  })
}
