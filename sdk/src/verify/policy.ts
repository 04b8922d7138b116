import type { Address, Hex } from 'viem'
import { deployments } from '../generated/deployments.ts'
import type { SubjectKind } from '../formats/verdict.ts'
import type { CheckName } from './report.ts'

/** Name of the policy format. */
export const policySchema = 'assay/policy/v1'

/** What a reader believes of one chain. Contracts and endpoints come from here, never from a receipt. */
export type PolicyChain = {
  inferenceLog: Address
  modelRegistry: Address
  environmentRegistry: Address
  verdictRegistry: Address
  /** First block that can hold an event of these contracts: where looking for events begins. Default: 0. */
  startBlock?: number
  /** Endpoints to ask, by HTTP. All have to give the same answers. For who makes the clients, such as the `assay` command. */
  rpcs?: readonly string[]
  /**
   * The block at which all is read: `finalized`, which no reorganization can take back, or the block that has so many
   * confirmations, itself counted. Default: one confirmation, the latest block.
   */
  finality?: 'finalized' | { confirmations: number }
}

/** Whose verdicts count, and from which score on. */
export type PolicyAuditor = {
  /** Author of the verdicts. */
  account: Address
  /** What it is believed to judge. */
  subjects: readonly SubjectKind[]
  /** Tags of the verdicts that count; any other is passed over. */
  tags: readonly string[]
  /** 1 to 100. A score of 0 refutes, what lies between leaves the check `unknown`. */
  minScore: number
  /** Oldest verdict that counts, in seconds before the block at which all is read. Default: any age. */
  maxAgeSeconds?: number
}

/** Which environments are accepted. Every member that is given has to be met. */
export type PolicyEnvironments = {
  /** Who may have registered it. */
  registrants?: readonly Address[]
  /** Such as `nitro` or `tdx`. */
  kinds?: readonly string[]
  /** SHA-256 over the measurement registers, as registered. */
  measurements?: readonly Hex[]
  /** Contracts (`IAttestationVerifier`) whose word for an attestation is taken. */
  verifiers?: readonly Address[]
  /** SHA-256 digests of the root certificates (DER) to which an archived attestation has to lead. */
  attestationRoots?: readonly Hex[]
  /** Longest time from the registration to the settlement, in seconds. */
  maxAgeSeconds?: number
}

/** What a reader believes and requires: a small file, `sdk/schema/policy-v1.json`. */
export type VerificationPolicy = {
  schema: typeof policySchema
  /** By chain id. */
  chains: Readonly<Record<string, PolicyChain>>
  /** Checks that have to be verified for the report to be; at least one. */
  require: readonly CheckName[]
  /** Publishers whose models are accepted. Default: none. */
  publishers?: readonly Address[]
  /** Third parties whose verdicts count; where a verdict fits several entries, it has to meet each of them. Default: none. */
  auditors?: readonly PolicyAuditor[]
  /** Default: none is accepted. */
  environments?: PolicyEnvironments
  /** Longest time since the settlement, in seconds, by the time of the block at which all is read. Default: any. */
  maxAgeSeconds?: number
}

/** The default: the published deployments; a receipt has to be included, signed and settled, by a key in force, at a time that can be. */
export const defaultPolicy: VerificationPolicy = {
  schema: policySchema,
  chains: Object.fromEntries(
    Object.values(deployments).map(({ chainId, ...chain }) => [String(chainId), chain]),
  ),
  require: ['commitment', 'inclusion', 'signature', 'settlement', 'sessionKey', 'time'],
}
