import { existsSync } from 'node:fs'
import { BaseError, createIndexerClient, getInference } from '@assay/sdk'
import { findReceipt } from '@assay/sdk/inspect'
import type { InferenceReceipt } from '@assay/sdk/verify'
import type { Hex } from 'viem'
import { ReceiptNotFoundError } from '../errors.ts'
import { timeOf } from '../output/time.ts'
import { shownUrl } from './url-chunks.ts'

export type FindOptions = {
  /** Directory of journals. Default: ASSAY_JOURNAL, else `.assay/journal`. */
  journal?: string
  /** GraphQL endpoint. Default: ASSAY_INDEXER_URL, else none. */
  indexer?: string
  /** Whether nobody may be asked. */
  offline?: boolean
  /** How long the indexer may take, in ms. */
  timeoutMillis: number
}

/**
 * Makes the receipt of an inference from the journals on this disk. An indexer knows what is public, which is too little for a
 * receipt: it only helps to say where the receipt is to be had.
 *
 * @throws ReceiptNotFoundError that says where was looked; JournalError if a journal that was named can't be read.
 */
export async function findById(inferenceId: Hex, options: FindOptions): Promise<InferenceReceipt> {
  const journals = await inJournals(inferenceId, options)
  if (typeof journals !== 'string') return journals
  throw new ReceiptNotFoundError(inferenceId, [journals, await atIndexer(inferenceId, options)])
}

/** The receipt, or why there is none. */
async function inJournals(
  inferenceId: Hex,
  { journal }: FindOptions,
): Promise<InferenceReceipt | string> {
  const named = journal ?? process.env.ASSAY_JOURNAL
  const directory = named ?? '.assay/journal'
  // One that was named and is not there is a mistake, and told as one.
  if (named === undefined && !existsSync(directory)) {
    return `Journals: there are none in ${directory}; name their directory by --journal.`
  }
  const found = await findReceipt({ inferenceId, directory })
  if (!found) return `Journals: those in ${directory} do not hold it.`
  return (
    found.receipt ??
    `Journals: it is recorded in ${found.folder}, and not settled yet; its receipt is made then.`
  )
}

async function atIndexer(
  inferenceId: Hex,
  { indexer, offline, timeoutMillis }: FindOptions,
): Promise<string> {
  const url = indexer ?? process.env.ASSAY_INDEXER_URL
  if (!url) return 'Indexer: none is named, by --indexer or ASSAY_INDEXER_URL.'
  if (offline) return 'Indexer: not asked, because of --offline.'
  try {
    const inference = await getInference(createIndexerClient({ url, timeoutMillis }), {
      inferenceId,
    })
    if (!inference) return `Indexer: ${shownUrl(url)} does not know it.`
    const { owner, settledAt, root } = inference
    return `Indexer: it was settled at ${timeOf(settledAt)} in the batch ${root} of ${owner ?? 'an unknown owner'}. The openings that a receipt needs are not public: ask who recorded it.`
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    return `Indexer: ${error.shortMessage}`
  }
}
