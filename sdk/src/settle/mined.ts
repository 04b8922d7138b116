import {
  type Hex,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  WaitForTransactionReceiptTimeoutError,
} from 'viem'
import { getTransactionReceipt } from 'viem/actions'
import type { ReadClient } from '../actions/contract.ts'
import { TransactionFailedError } from '../errors/settlement.ts'

/** How often is asked, in ms. */
const pollMillis = 250

/**
 * Waits until a transaction is mined. Unlike viem's `waitForTransactionReceipt` it can be given up, and then leaves no timer behind
 * that would keep a process alive.
 *
 * @throws TransactionFailedError if it failed; viem's error if it is not mined in time; the signal's reason if it is aborted.
 */
export async function waitUntilMined(
  client: ReadClient,
  hash: Hex,
  { timeoutMillis, signal }: { timeoutMillis: number; signal: AbortSignal | undefined },
): Promise<TransactionReceipt> {
  const end = performance.now() + timeoutMillis
  for (;;) {
    signal?.throwIfAborted()
    try {
      const receipt = await getTransactionReceipt(client, { hash })
      if (receipt.status !== 'success') throw new TransactionFailedError(hash)
      return receipt
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error
    }
    if (performance.now() > end) throw new WaitForTransactionReceiptTimeoutError({ hash })
    await new Promise((again) => setTimeout(again, pollMillis))
  }
}
