import { formatEther, formatGwei } from 'viem'

/** What a transaction would use and cost; amounts in wei. */
export type Cost = { gas: bigint; gasPrice: bigint; cost: bigint }

/** A cost, for reading. */
export function costText({ gas, gasPrice, cost }: Cost): string {
  return `${gas} gas at ${formatGwei(gasPrice)} gwei: ${formatEther(cost)} ether`
}

/** A cost as JSON: integers as digits in strings. */
export function costJson({ gas, gasPrice, cost }: Cost) {
  return { gas: String(gas), gasPrice: String(gasPrice), cost: String(cost) }
}
