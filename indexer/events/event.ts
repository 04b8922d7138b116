import type { Hex } from 'viem'

/** Where an event stands. */
export type Placed = {
  chainId: number
  blockNumber: bigint
  /** Its chain, block, and index in the block, as in a cursor. */
  place: string
}

/** A batch of an owner is on chain. Named by its log and root. */
export type SettlementEvent = Placed & {
  type: 'settlement'
  logId: Hex
  root: Hex
  first: bigint
  count: bigint
  mode: 'inline' | 'external'
  signedByKey: boolean
  dataDigest: Hex
  /** As it was when it was told; later changes are told of no more. */
  dataState: 'pending' | 'available' | 'unavailable' | 'invalid'
  /** Unix seconds. */
  settledAt: bigint
  transactionHash: Hex
}

/**
 * A verdict on an inference of an owner, on a model that it published or on an environment that it registered, as it stands since its last change: posted, posted
 * again, or withdrawn. Named by its id.
 */
export type VerdictEvent = Placed & {
  type: 'verdict'
  verdictId: Hex
  author: Hex
  subjectKind: 'model' | 'environment' | 'inference' | 'unknown'
  subject: Hex
  score: number
  /** Its first 200 characters. */
  tag: string
  evidenceDigest: Hex | null
  /** Unix seconds. */
  postedAt: bigint
  withdrawnAt: bigint | null
}

export type OwnerEvent = SettlementEvent | VerdictEvent

/** A page of what happened to an owner. */
export type EventPage = {
  items: OwnerEvent[]
  /** Give it as `after` to go on, now or later; there may be more also where there are fewer items than asked for. */
  after: string
  /** Whether there is more already. */
  more: boolean
  /** A cursor: what stands before it stays. */
  final: string
  /** The last block of each chain whose events are in the tables. */
  indexed: { chainId: number; block: bigint }[]
  /** Whether chains are followed; else the past is read, again perhaps, and what is missing may only be missing so far. */
  live: boolean
}
