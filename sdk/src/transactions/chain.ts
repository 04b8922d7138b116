import type { Account, Chain, Client, LocalAccount, Transport } from 'viem'

/** What transactions are sent by. */
export type SendingChain = {
  client: Client<Transport, Chain, Account>
  /** Pays, and signs transactions here. */
  account: LocalAccount
  chainId: number
}

/** What is paid, how many are sent, and how long one may wait. */
export type SendingPolicy = {
  /** Ceiling of the fee, base fee and tip, in wei per gas. */
  maxFeePerGas: bigint
  /** Ceiling of what one transaction may cost, in wei. */
  maxCost: bigint
  /** Transactions under way at most. */
  maxPending: number
  /** How long a transaction may wait to be mined before its fee is raised, in ms. */
  stuckMillis: number
  /** How often the chain is asked about what is under way, in ms. */
  pollMillis: number
}

/** What became of a transaction; nothing in it is secret. */
export type TransactionEvent =
  | { type: 'sent'; hash: string; nonce: number; maxFeePerGas: string; gas: string }
  | { type: 'replaced'; hash: string; nonce: number; maxFeePerGas: string }
  | { type: 'mined'; hash: string; nonce: number; cost: string; success: boolean }
  | { type: 'displaced'; nonce: number }
  | { type: 'at-ceiling'; nonce: number; maxFeePerGas: string }
  | { type: 'failed'; what: string; detail: string }

export type TellTransaction = (event: TransactionEvent) => void
