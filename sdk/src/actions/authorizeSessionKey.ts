import type { Address, Hex } from 'viem'
import { inferenceLogAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type AuthorizeSessionKeyParameters = {
  /** Address of the session key. */
  sessionKey: Address
  /** Last second in which the key may settle, in Unix seconds. */
  expiresAt: number
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Authorizes a session key of the client's account, or extends its authorization: the one confirmation that a builder gives.
 *
 * @returns Hash of the transaction.
 * @throws SessionKeyRevokedError, ContractRefusalError
 */
export function authorizeSessionKey(
  client: WriteClient,
  parameters: AuthorizeSessionKeyParameters,
): Promise<Hex> {
  return write(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogAbi,
    functionName: 'authorize',
    args: [parameters.sessionKey, parameters.expiresAt],
  })
}
