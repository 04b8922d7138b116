import type { Address, Hex } from 'viem'
import { inferenceLogAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type RevokeSessionKeyParameters = {
  /** Address of the session key. */
  sessionKey: Address
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Revokes a session key of the client's account for good. What it has settled stays settled.
 *
 * @returns Hash of the transaction.
 * @throws SessionKeyRevokedError if it is revoked already.
 */
export function revokeSessionKey(
  client: WriteClient,
  parameters: RevokeSessionKeyParameters,
): Promise<Hex> {
  return write(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogAbi,
    functionName: 'revokeSessionKey',
    args: [parameters.sessionKey],
  })
}
