import type { Address, Hex } from 'viem'
import { verdictRegistryAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type WithdrawVerdictsParameters = {
  /** At least one. A withdrawal counts only where the client's account is the author. */
  verdictIds: readonly Hex[]
  /** Default: the deployment on the client's chain. */
  verdictRegistry?: Address | undefined
}

/**
 * Withdraws verdicts of the client's account: from now on it no longer says so.
 *
 * @returns Hash of the transaction.
 * @throws ContractRefusalError if there is none.
 */
export function withdrawVerdicts(
  client: WriteClient,
  parameters: WithdrawVerdictsParameters,
): Promise<Hex> {
  return write(client, 'verdictRegistry', {
    address: addressOf(client, 'verdictRegistry', parameters.verdictRegistry),
    abi: verdictRegistryAbi,
    functionName: 'withdraw',
    args: [parameters.verdictIds],
  })
}
