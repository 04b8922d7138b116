import { formatGwei } from 'viem'
import { estimateMaxPriorityFeePerGas, getBlock } from 'viem/actions'
import type { SendingChain } from './chain.ts'
import { TransactionNotSentError } from '../errors/transaction.ts'

/** Fees of a transaction, in wei per gas (EIP-1559). */
export type Fees = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }

/** What is paid at most. */
export type Ceiling = { maxFeePerGas: bigint; maxCost: bigint }

/** A node takes another transaction with the same nonce only for an eighth more (geth's price bump is a tenth, others' 12.5 %). */
export function raised({ maxFeePerGas, maxPriorityFeePerGas }: Fees): Fees {
  const more = (fee: bigint) => fee + fee / 8n + 1n
  return {
    maxFeePerGas: more(maxFeePerGas),
    maxPriorityFeePerGas: more(maxPriorityFeePerGas),
  }
}

/** The higher of two, member by member. */
export function highest(a: Fees, b: Fees): Fees {
  const max = (x: bigint, y: bigint) => (x > y ? x : y)
  return {
    maxFeePerGas: max(a.maxFeePerGas, b.maxFeePerGas),
    maxPriorityFeePerGas: max(a.maxPriorityFeePerGas, b.maxPriorityFeePerGas),
  }
}

/** The highest fee that keeps to a ceiling, for so much gas. */
export function ceilingFee(gas: bigint, { maxFeePerGas, maxCost }: Ceiling): bigint {
  const affordable = maxCost / gas
  return affordable < maxFeePerGas ? affordable : maxFeePerGas
}

/** Seconds until a fee may have fallen again: a base fee falls by an eighth a block at most. */
const feeRetryAfter = 60

/**
 * Fees by which a transaction is mined soon, also if the base fee doubles; less of that where the ceiling leaves less room.
 *
 * @throws TransactionNotSentError `fee-above-ceiling` if even today's fee is above the ceiling.
 */
export async function quoteFees(
  { client }: Pick<SendingChain, 'client'>,
  gas: bigint,
  ceiling: Ceiling,
): Promise<Fees> {
  const block = await getBlock(client)
  const baseFee = block.baseFeePerGas ?? 0n
  const tip = await estimateMaxPriorityFeePerGas(client)
  const needed = baseFee + tip
  const limit = ceilingFee(gas, ceiling)
  if (needed > limit) {
    throw new TransactionNotSentError(
      'fee-above-ceiling',
      `The fee is ${formatGwei(needed)} gwei, and ${formatGwei(limit)} at most are paid for ${gas} gas.`,
      { retryAfter: feeRetryAfter },
    )
  }
  const roomy = 2n * baseFee + tip
  return { maxFeePerGas: roomy < limit ? roomy : limit, maxPriorityFeePerGas: tip }
}
