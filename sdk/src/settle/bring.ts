import type { Hex } from 'viem'
import { BatchDataNotStoredError } from '../errors/settlement.ts'
import type { BuiltBatch } from '../formats/batch.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'
import type { LedgerBatch } from '../record/ledger.ts'
import type { BatchStore } from '../stores/batch-store.ts'
import type { Submit } from './submit.ts'

export type BringOptions = {
  place: InferenceLogPlace
  submit: Submit
  /** Where the data of external batches goes. */
  store: BatchStore | undefined
  onError: (error: unknown) => void
}

/** Brings signed batches on chain, and their data to where it can be had. */
export type Bring = {
  /** Puts the data of an external batch into the store. Again is harmless. @throws BatchStoreError */
  keep(batch: BuiltBatch): Promise<string | undefined>
  /** @throws what the store and the way to the chain throw. */
  settle(batch: LedgerBatch): Promise<{ transactionHash: Hex | undefined; uri: string | undefined }>
}

/** Batches whose address is kept at hand: the one that is under way, and one that is settled anew. */
const maxAtHand = 4

export function createBring({ place, submit, store, onError }: BringOptions): Bring {
  const uris = new Map<Hex, string | undefined>()

  async function keep({ mode, root, data, dataDigest }: BuiltBatch): Promise<string | undefined> {
    if (mode !== 'external') return undefined
    if (uris.has(root)) return uris.get(root)
    if (!store) {
      // It was signed while there was one. The settlement stands without its data, which the journal still holds.
      onError(new BatchDataNotStoredError(root, dataDigest))
      return undefined
    }
    const { uri } = await store.put(data, dataDigest)
    uris.set(root, uri)
    for (const oldest of uris.keys()) {
      if (uris.size <= maxAtHand) break
      uris.delete(oldest)
    }
    return uri
  }

  return {
    keep,
    async settle({ built, signature }) {
      const uri = await keep(built)
      const { transactionHash } = await submit({ place, batch: built, signature, uri })
      return { transactionHash, uri }
    },
  }
}
