import type { Deployment } from '@assay/sdk'
import type { Account, Address, Chain, Client, LocalAccount, Transport } from 'viem'

/** The contracts that a relay calls. */
export type Contracts = Pick<
  Deployment,
  'inferenceLog' | 'modelRegistry' | 'environmentRegistry' | 'verdictRegistry'
>

/** What a relay stands on. */
export type RelayChain = {
  client: Client<Transport, Chain, Account>
  /** Pays, and signs transactions here. */
  account: LocalAccount
  chainId: number
  contracts: Contracts
}

/** Told to the operator; nothing in it is secret. */
export type RelayEvent =
  | { type: 'sent'; hash: string; nonce: number; maxFeePerGas: string; gas: string }
  | { type: 'replaced'; hash: string; nonce: number; maxFeePerGas: string }
  | { type: 'mined'; hash: string; nonce: number; cost: string; success: boolean }
  | { type: 'displaced'; nonce: number }
  | { type: 'at-ceiling'; nonce: number; maxFeePerGas: string }
  | { type: 'refused'; code: string; account?: Address | undefined; detail: string }
  | { type: 'failed'; what: string; detail: string }

export type Tell = (event: RelayEvent) => void
