import type { UnavailableReason } from '@assay/sdk/stores'
import type { Hex } from 'viem'

/** An external batch whose data is wanted, as its settlement says. */
export type WantedBatch = {
  chainId: number
  logId: Hex
  root: Hex
  first: bigint
  count: bigint
  dataDigest: Hex
  /** Where its data should be. Anybody may have written it. */
  uri: string
  /** Who takes turns with others: all batches of one wait for each other first. */
  owner: Hex | null
}

/**
 * What became of it. `available`: the data is in the store, and gives the root. `invalid`: there is data of that digest, and it will never
 * give the root. `unavailable`: it could not be had so far.
 */
export type BatchOutcome =
  | { state: 'available' }
  | { state: 'invalid'; problem: InvalidBatchProblem }
  | { state: 'unavailable'; problem: UnavailableReason | 'not-kept' }

/** `no-batch-data`: it is not batch data, version 1. `other-count`, `other-root`: it is that of another batch. */
export type InvalidBatchProblem = 'no-batch-data' | 'other-count' | 'other-root'

/** Names a batch: a root is settled once in a log. */
export const keyOf = ({ logId, root }: Pick<WantedBatch, 'logId' | 'root'>): string =>
  `${logId} ${root}`
