import type { Hex } from 'viem'
import type { BuiltBatch } from '../formats/batch.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'

/** A batch, signed and ready to be settled. */
export type SignedBatch = {
  place: InferenceLogPlace
  batch: BuiltBatch
  signature: Hex
  /** Where the data of an external batch can be had; a hint that nothing binds. Default: none. */
  uri?: string | undefined
  /** Aborted when nobody waits any more, since the process ends or the recorder is shut down. Default: never. */
  signal?: AbortSignal | undefined
}

/** A batch that is on chain. */
export type SettledBatch = {
  place: InferenceLogPlace
  root: Hex
  /** As that of a signed batch. */
  signal?: AbortSignal | undefined
}

/** A batch, and what is taken to have settled it. */
export type SettledTransaction = SettledBatch & { transactionHash: Hex }

/** Brings batches on chain. */
export type Submit = {
  /**
   * Brings a batch on chain and comes back once it is mined. Handing over the same batch again is harmless.
   *
   * @returns The transaction; undefined if the batch was found settled already.
   * @throws an error of Assay's family if it is not settled; BatchGapError if what comes before it is not.
   */
  (signed: SignedBatch): Promise<{ transactionHash: Hex | undefined }>
  /** Whether a settled batch is final. Without it, none is known to be. */
  isFinal?: (settled: SettledBatch) => Promise<boolean>
  /**
   * Whether the chain holds a batch now, which a reorganization may have taken back. Without it, a batch that was dropped is found
   * only when the next one is refused.
   */
  isSettled?: (settled: SettledBatch) => Promise<boolean>
  /** Whether a transaction is what settled a batch. Without it, what was noted when it was settled is taken to hold. */
  isSettledBy?: (settled: SettledTransaction) => Promise<boolean>
  /**
   * Next sequence number of an inference log, as far as it is final. Without it, nobody notices for sure that somebody else settles
   * there.
   */
  finalHead?: (place: InferenceLogPlace, signal?: AbortSignal) => Promise<bigint>
  /**
   * When a batch was settled, by the clock of the chain: Unix seconds; undefined if it is not. Without it, nobody is warned of a
   * clock of this machine that runs ahead.
   */
  settledAt?: (settled: SettledBatch) => Promise<bigint | undefined>
  /**
   * Until when the session key may settle, in Unix seconds; undefined if it was never authorized. Without it, nobody is told ahead of
   * its end.
   */
  keyExpiresAt?: (
    place: Omit<InferenceLogPlace, 'instance'>,
    signal?: AbortSignal,
  ) => Promise<number | undefined>
  /** What gas costs now, in wei. Without it, the fee of a batch plays no part in how it is settled. */
  gasPrice?: (signal?: AbortSignal) => Promise<bigint | undefined>
}
