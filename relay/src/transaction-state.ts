import type { Sender } from '@assay/sdk/transactions'
import { type Hex, TransactionNotFoundError, TransactionReceiptNotFoundError } from 'viem'
import { getTransaction, getTransactionReceipt } from 'viem/actions'
import type { RelayChain } from './chain.ts'
import { RelayError } from './errors.ts'

/** What the chain says of a transaction. */
export type TransactionState =
  | { status: 'mined' | 'failed'; transactionHash: Hex; blockNumber: string }
  | { status: 'pending'; transactionHash: Hex; replacedBy?: Hex }

/**
 * Asks the chain: nothing of it is kept here, save by which transaction one under way was replaced for a higher fee.
 *
 * @throws RelayError `not-found`, `chain-unreachable`
 */
export async function transactionState(
  { client }: RelayChain,
  sender: Sender,
  hash: Hex,
): Promise<TransactionState> {
  try {
    const { status, blockNumber } = await getTransactionReceipt(client, { hash })
    return {
      status: status === 'success' ? 'mined' : 'failed',
      transactionHash: hash,
      blockNumber: String(blockNumber),
    }
  } catch (error) {
    if (!(error instanceof TransactionReceiptNotFoundError)) throw unreachable(error)
  }
  const replacedBy = sender.replacementOf(hash)
  if (replacedBy) return { status: 'pending', transactionHash: hash, replacedBy }
  try {
    await getTransaction(client, { hash })
    return { status: 'pending', transactionHash: hash }
  } catch (error) {
    if (!(error instanceof TransactionNotFoundError)) throw unreachable(error)
    throw new RelayError('not-found', 'The chain knows no such transaction.')
  }
}

function unreachable(cause: unknown): RelayError {
  return new RelayError('chain-unreachable', 'The chain did not answer.', { cause, retryAfter: 5 })
}
