import type { Deployment } from '@assay/sdk'
import type { SendingChain, TransactionEvent } from '@assay/sdk/transactions'
import type { Address } from 'viem'

/** The contracts that a relay calls. */
export type Contracts = Pick<
  Deployment,
  'inferenceLog' | 'modelRegistry' | 'environmentRegistry' | 'verdictRegistry'
>

/** What a relay stands on. */
export type RelayChain = SendingChain & { contracts: Contracts }

/** Told to the operator; nothing in it is secret. */
export type RelayEvent =
  | TransactionEvent
  | { type: 'refused'; code: string; account?: Address | undefined; detail: string }

export type Tell = (event: RelayEvent) => void
