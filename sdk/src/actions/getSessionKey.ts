import type { Address } from 'viem'
import { inferenceLogSessionKeyOf } from '../generated/reads.ts'
import { addressOf, type ReadClient } from './contract.ts'
import { read } from './read.ts'

/** What the chain knows of a session key of an owner. Times in Unix seconds; undefined: it did not happen. */
export type SessionKey = {
  authorizedAt: number
  /** Last second in which the key may settle. */
  expiresAt: number
  revokedAt: number | undefined
  compromise: { since: number; reportedAt: number } | undefined
}

export type GetSessionKeyParameters = {
  owner: Address
  /** Address of the key. */
  sessionKey: Address
  /** Default: the latest block. */
  blockNumber?: bigint | undefined
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * A session key of an owner.
 *
 * @returns Undefined if the owner never spoke of it. `authorizedAt` is 0 for a key that was only revoked or reported.
 * @throws RpcUnreachableError, NoContractError
 */
export async function getSessionKey(
  client: ReadClient,
  parameters: GetSessionKeyParameters,
): Promise<SessionKey | undefined> {
  const key = await read<{
    authorizedAt: number
    expiresAt: number
    revokedAt: number
    compromisedSince: number
    compromiseReportedAt: number
  }>(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    function: inferenceLogSessionKeyOf,
    args: [parameters.owner, parameters.sessionKey],
    blockNumber: parameters.blockNumber,
  })
  const { authorizedAt, expiresAt, revokedAt, compromisedSince, compromiseReportedAt } = key
  if (!authorizedAt && !revokedAt && !compromiseReportedAt) return undefined
  return {
    authorizedAt,
    expiresAt,
    revokedAt: revokedAt || undefined,
    compromise: compromiseReportedAt
      ? { since: compromisedSince, reportedAt: compromiseReportedAt }
      : undefined,
  }
}
