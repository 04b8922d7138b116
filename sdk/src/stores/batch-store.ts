import type { Hex } from 'viem'

/** How a call to a store is bounded. */
export type StoreCallOptions = {
  /** Ends the call, which then rejects with the signal's reason. Default: never. */
  signal?: AbortSignal | undefined
}

export type StoreGetOptions = StoreCallOptions & {
  /** Longer data is refused; in bytes. Default: 67,108,864 (64 MiB). */
  maxBytes?: number | undefined
}

/** Where batch data is. */
export type StoredBatch = {
  /**
   * Where others find it; for the settlement, where it is a hint that nothing binds, and public for ever. Never holds a secret. Undefined
   * if the store knows no place that others can reach.
   */
  uri: string | undefined
}

/** Keeps the data of batches that are settled externally, so that others can have it by its digest. */
export type BatchStore = {
  /**
   * Keeps batch data under its digest. The same data again, also at the same time, is harmless. Comes back once the store is known to
   * hold exactly these bytes.
   *
   * @param data - Batch data.
   * @param dataDigest - Its SHA-256.
   * @throws InvalidBatchDataError if the digest is another one; BatchStoreError; the signal's reason if it is aborted.
   */
  put(data: Uint8Array, dataDigest: Hex, options?: StoreCallOptions): Promise<StoredBatch>
}

/** A store that its own side can read from. */
export type ReadableBatchStore = BatchStore & {
  /**
   * Batch data by its digest, which was checked; undefined if there is none.
   *
   * @throws BatchStoreError; the signal's reason if it is aborted.
   */
  get(dataDigest: Hex, options?: StoreGetOptions): Promise<Uint8Array | undefined>
}

/** Bytes that batch data may have unless said otherwise: 1.5 million inferences. */
export const defaultMaxBytes = 2 ** 26
