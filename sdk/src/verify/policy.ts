import type { Address } from 'viem'
import { deployments } from '../generated/deployments.ts'
import type { CheckName } from './report.ts'

/** Contracts that a reader believes to be Assay's on a chain. */
export type PolicyContracts = {
  inferenceLog: Address
  modelRegistry: Address
  environmentRegistry: Address
}

/** What a reader believes and requires. Chains and contracts come from here, never from the receipt. */
export type VerificationPolicy = {
  schema: 'assay/policy/v1'
  /** By chain id. */
  chains: Record<string, PolicyContracts>
  /** Checks that have to be verified for the report to be. */
  require: readonly CheckName[]
}

/** The default: the published deployments; a receipt has to be included, signed and settled, by a key in force, at a time that can be. */
export const defaultPolicy: VerificationPolicy = {
  schema: 'assay/policy/v1',
  chains: deployments,
  require: ['commitment', 'inclusion', 'signature', 'settlement', 'sessionKey', 'time'],
}
