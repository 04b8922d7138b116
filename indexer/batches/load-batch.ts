import { BaseError } from '@assay/sdk'
import {
  BatchDataUnavailableError,
  fetchBatchData,
  type FetchBatchDataOptions,
  type ReadableBatchStore,
} from '@assay/sdk/stores'
import { problemOfData } from './check-data.ts'
import type { BatchOutcome, WantedBatch } from './wanted-batch.ts'

/**
 * Gets the data of a batch from the store, or from where its URI says, and keeps it if it gives the batch's root. Data that gives none takes
 * no room.
 *
 * @param sources - What may be asked.
 */
export async function loadBatch(
  batch: WantedBatch,
  store: ReadableBatchStore,
  sources: FetchBatchDataOptions,
): Promise<BatchOutcome> {
  const { dataDigest, uri } = batch
  const { maxBytes } = sources
  // What is there and can't be read, or is other bytes, is fetched anew.
  const kept = await store.get(dataDigest, maxBytes ? { maxBytes } : {}).catch(() => undefined)
  let data = kept
  if (!data) {
    try {
      data = await fetchBatchData(uri, dataDigest, sources)
    } catch (error) {
      if (!(error instanceof BatchDataUnavailableError)) throw error
      return { state: 'unavailable', problem: error.reason }
    }
  }
  const problem = problemOfData(batch, data)
  if (problem) return { state: 'invalid', problem }
  if (!kept) {
    try {
      await store.put(data, dataDigest)
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      return { state: 'unavailable', problem: 'not-kept' }
    }
  }
  return { state: 'available' }
}
