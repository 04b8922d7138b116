import type { Hex } from 'viem'
import { JournalError } from '../errors/journal.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import { openLedger } from '../record/ledger.ts'
import { type ReadableJournal, readJournals } from './read-journals.ts'

/** An inference that a journal holds. */
export type FoundInference = {
  /** The journal's folder. */
  folder: string
  /** Place in its inference log. */
  sequence: bigint
  /** Undefined: it is recorded, and not settled yet. */
  receipt: InferenceReceipt | undefined
}

export type FindReceiptOptions = {
  /** Leaf hash of the inference. */
  inferenceId: Hex
  /** Where the journals are kept, as given to `fileJournal`. */
  directory: string
}

/**
 * Looks for an inference in the journals on this disk, and makes its receipt. Recorders that run on them are not disturbed. What
 * was compacted is no longer there: its receipt was handed to `onReceipt`.
 *
 * @returns Undefined if no journal there holds it.
 * @throws JournalError if the directory can't be read, or if nothing was found and a journal could not be searched.
 *
 * @example
 * const found = await findReceipt({ inferenceId, directory: '.assay/journal' })
 * if (found?.receipt) console.log(await verifyReceipt(found.receipt, { client }))
 */
export async function findReceipt(
  options: FindReceiptOptions,
): Promise<FoundInference | undefined> {
  const inferenceId = options.inferenceId.toLowerCase() as Hex
  let unread: JournalError | undefined
  for await (const journal of readJournals(options.directory)) {
    const found = journal instanceof JournalError ? journal : await findIn(journal, inferenceId)
    if (found instanceof JournalError) unread ??= found
    else if (found) return found
  }
  if (unread) throw unread
  return undefined
}

async function findIn(
  { folder, place, journal }: ReadableJournal,
  inferenceId: Hex,
): Promise<FoundInference | JournalError | undefined> {
  try {
    const sequence = await journal.sequenceOf(inferenceId)
    if (sequence === undefined) return undefined
    const receipt = await openLedger(place, journal).receiptAt(sequence)
    return { folder, sequence, receipt }
  } catch (error) {
    // Its recorder may compact it meanwhile.
    if (error instanceof JournalError) return error
    throw error
  }
}
