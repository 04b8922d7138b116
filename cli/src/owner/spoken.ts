import type { Address, Hex } from 'viem'
import type { Cost } from './cost.ts'

/** How the owner's word came about. */
export type Spoken = {
  /** In whose name. */
  account: Address
  /** Arguments as they were said, or would be. */
  said: Record<string, unknown>
} & (
  | { status: 'requested' }
  | { status: 'simulated'; cost: Cost }
  /** Undefined: by a relay that names no transaction. */
  | { status: 'done'; transactionHash: Hex | undefined }
)
