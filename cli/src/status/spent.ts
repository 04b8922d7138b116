import { explainFailure } from '@assay/sdk/relay'
import { type Hex, TransactionReceiptNotFoundError } from 'viem'
import type { OpenChain } from '../settings/chain.ts'

/** What transactions cost, by their receipts. */
export type Spent = {
  transactions: number
  gas: bigint
  /** In wei, whoever paid. */
  cost: bigint
  /** Transactions of which the endpoint knows nothing. */
  unknown: number
}

/** How many receipts are asked for at once. */
const atOnce = 8

/** Adds up what transactions cost. @throws RpcUnreachableError */
export async function spentBy(place: OpenChain, hashes: readonly Hex[]): Promise<Spent> {
  const spent: Spent = { transactions: 0, gas: 0n, cost: 0n, unknown: 0 }
  for (let i = 0; i < hashes.length; i += atOnce) {
    const some = hashes.slice(i, i + atOnce).map((hash) => receiptOf(place, hash))
    for (const receipt of await Promise.all(some)) {
      if (!receipt) {
        spent.unknown++
        continue
      }
      spent.transactions++
      spent.gas += receipt.gasUsed
      spent.cost += receipt.gasUsed * receipt.effectiveGasPrice
    }
  }
  return spent
}

async function receiptOf({ client }: OpenChain, hash: Hex) {
  try {
    return await client.getTransactionReceipt({ hash })
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw explainFailure(error, 'inferenceLog', '')
  }
}
