import { stringToHex, type Address, type Hex } from 'viem'
import { inferenceLogSettlingAbi } from '../generated/settling.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type SettleExternalParameters = {
  /** The inference log; the client's account is its session key, or its owner. */
  key: InferenceLogKey
  /** Sequence number of the first inference; the log's head. */
  first: bigint
  count: number
  root: Hex
  /** SHA-256 of the batch data. */
  dataDigest: Hex
  /** Where the batch data can be had; a hint that nothing binds. Default: none. */
  uri?: string | undefined
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Settles a batch whose data lies elsewhere. The identical batch again changes nothing.
 *
 * @returns Hash of the transaction.
 * @throws SessionKeyNotAuthorizedError, SessionKeyExpiredError, SessionKeyRevokedError, BatchGapError, BatchForkError,
 * ContractRefusalError
 */
export function settleExternal(
  client: WriteClient,
  parameters: SettleExternalParameters,
): Promise<Hex> {
  const { key, first, count, root, dataDigest, uri = '' } = parameters
  return write(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogSettlingAbi,
    functionName: 'settleExternal',
    args: [key, first, count, root, dataDigest, stringToHex(uri)],
  })
}
