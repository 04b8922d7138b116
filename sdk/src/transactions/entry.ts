import type { Address, Hex, TransactionReceipt } from 'viem'
import type { Fees } from './fees.ts'

/** A call that the account pays for. */
export type Call = {
  to: Address
  data: Hex
  gas: bigint
  /** Whether it is still worth sending, when another transaction took its place. */
  isNeeded(): Promise<boolean>
  /** Told of what it cost once it is mined, or that it never will be. */
  onEnd(mined: Mined | undefined): void
}

/** A transaction that is mined, whether it succeeded or not. */
export type Mined = { hash: Hex; receipt: TransactionReceipt; cost: bigint }

/** A call under way. */
export type Sent = {
  /** The transaction as it was sent first; raised fees give it another hash. */
  hash: Hex
  /** Undefined: it never will be, since the call is not needed any more. */
  mined: Promise<Mined | undefined>
}

/** A transaction under way. */
export type Entry = {
  nonce: number
  /** Undefined: it does nothing but use up a nonce that blocks the others. */
  call: Call | undefined
  gas: bigint
  fees: Fees
  /** Signed, as sent last. */
  raw: Hex
  /** Of all that were sent for it, newest first. */
  hashes: Hex[]
  /** When it became the next one to be mined, or its fee was raised; as performance.now() has it. */
  since: number
  broadcastAt: number
  /** How often its nonce was seen to be used with no receipt of ours. */
  missing: number
  atCeiling: boolean
  resolve: (mined: Mined | undefined) => void
}

/** What a transaction cost, on rollups with what they charge for its data beside the gas. */
export function costOf(receipt: TransactionReceipt): bigint {
  const { l1Fee } = receipt as { l1Fee?: unknown }
  const beside = typeof l1Fee === 'string' || typeof l1Fee === 'bigint' ? BigInt(l1Fee) : 0n
  return receipt.gasUsed * receipt.effectiveGasPrice + beside
}
