import type { Address, Hex } from 'viem'
import { environmentRegistryAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type RevokeEnvironmentParameters = {
  environmentId: Hex
  /** Default: the deployment on the client's chain. */
  environmentRegistry?: Address | undefined
}

/**
 * Revokes an environment of the client's account for good, from now on.
 *
 * @returns Hash of the transaction.
 * @throws ContractRefusalError if the account did not register it, or it is revoked already.
 */
export function revokeEnvironment(
  client: WriteClient,
  parameters: RevokeEnvironmentParameters,
): Promise<Hex> {
  return write(client, 'environmentRegistry', {
    address: addressOf(client, 'environmentRegistry', parameters.environmentRegistry),
    abi: environmentRegistryAbi,
    functionName: 'revoke',
    args: [parameters.environmentId],
  })
}
