import { type Address, type Hex, toHex } from 'viem'
import { inferenceLogSettlingAbi } from '../generated/settling.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type SettleInlineParameters = {
  /** The inference log; the client's account is its session key, or its owner. */
  key: InferenceLogKey
  /** Sequence number of the first inference; the log's head. */
  first: bigint
  count: number
  root: Hex
  /** Batch data, which the chain carries and recomputes the root from. */
  data: Uint8Array | Hex
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * Settles a batch with its data. The identical batch again changes nothing.
 *
 * @returns Hash of the transaction.
 * @throws SessionKeyNotAuthorizedError, SessionKeyExpiredError, SessionKeyRevokedError, BatchGapError, BatchForkError,
 * BatchCountMismatchError, BatchRootMismatchError, ContractRefusalError
 */
export function settleInline(
  client: WriteClient,
  parameters: SettleInlineParameters,
): Promise<Hex> {
  const { key, first, count, root, data } = parameters
  return write(client, 'inferenceLog', {
    address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
    abi: inferenceLogSettlingAbi,
    functionName: 'settleInline',
    args: [key, first, count, root, typeof data === 'string' ? data : toHex(data)],
  })
}
