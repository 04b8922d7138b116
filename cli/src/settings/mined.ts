import { TransactionFailedError } from '@assay/sdk/errors'
import type { Hex } from 'viem'
import type { OpenChain } from './chain.ts'

/** Waits until a transaction is mined. @throws TransactionFailedError */
export async function waitUntilMined({ client }: OpenChain, hash: Hex): Promise<void> {
  const { status } = await client.waitForTransactionReceipt({ hash })
  if (status !== 'success') throw new TransactionFailedError(hash)
}
