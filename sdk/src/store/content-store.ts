import type { Hex } from 'viem'

/** Bytes that a content store gave back; their digest was checked. */
export type StoredContent = {
  bytes: Uint8Array
  /** SHA-256 of the bytes. */
  digest: Hex
  /** Whether `mask` changed them before they were kept: then no commitment speaks of these bytes. */
  masked: boolean
}

/** Bytes to keep. */
export type NewContent = {
  bytes: Uint8Array
  /** SHA-256 of the bytes. */
  digest: Hex
  /** Digest of the real bytes, in whose place a masked copy is kept. */
  insteadOf?: Hex | undefined
}

/** Keeps bytes under their digest. */
export type ContentStore = {
  /**
   * Keeps bytes, unless they are there.
   *
   * @returns How many older contents had to go for them.
   * @throws ContentStoreError
   */
  put(content: NewContent): Promise<{ evicted: number }>
  /**
   * Bytes by their digest, or the masked copy that is kept in their place; undefined if there are none.
   *
   * @throws ContentStoreError if the bytes no longer match their digest.
   */
  get(digest: Hex): Promise<StoredContent | undefined>
}
