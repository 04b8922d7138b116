import { JournalError, type OpenJournal } from '@assay/sdk'
import type { Hex } from 'viem'

/** Transactions that settled batches of a journal, as far back as it goes. */
export async function settledTransactions(journal: OpenJournal): Promise<Hex[]> {
  const hashes = new Set<Hex>()
  for (let end = journal.state.settled; end > 0n;) {
    const found = await settlementBefore(journal, end)
    if (!found) break
    const { signed, settled } = found
    // One that was found settled was paid by another process, or by a relay.
    if (settled.transactionHash) hashes.add(settled.transactionHash)
    end = signed.first
  }
  return [...hashes]
}

/** What was compacted away is not known any more. */
async function settlementBefore(journal: OpenJournal, end: bigint) {
  try {
    return await journal.settlementOf(end - 1n)
  } catch (error) {
    if (error instanceof JournalError) return undefined
    throw error
  }
}
