import type { InferenceReceipt, VerificationPolicy } from '@assay/sdk'
import type { Hex } from 'viem'
import type { Tape } from '../chain/tape.ts'

/** A receipt that nothing is wrong with, beside those that somebody made of it. */
export type HonestReceipt = {
  /** With all fields opened that have a value, and the digests of all messages. */
  receipt: InferenceReceipt
  /** Messages of its request as canonical JSON, in order. */
  texts: string[]
  /** Of its report, by each policy. */
  status: string[]
  /** Bytes of a transaction hash and address that its settlement's events have; the only hints that hold. */
  hints: InferenceReceipt['hints']
}

/** What hostile receipts are made of and judged against: plain JSON, so that it can be handed to other processes. */
export type World = {
  honest: HonestReceipt[]
  policies: VerificationPolicy[]
  /** What each chain answers, by chain id. */
  tapes: Record<string, Tape>
  /** Batches that are settled: `logId root first count mode`. */
  settled: string[]
  /** Batches that the sessions' keys signed, by their EIP-712 digest. */
  signed: Hex[]
  /** Owners whose contract accepts any signature (ERC-1271). */
  yesMen: string[]
  /** Secret keys of who makes hostile receipts; one of them has a log of its own. */
  attackers: Hex[]
}

/** A world that nothing can change by mistake. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(frozen)
  return value
}
