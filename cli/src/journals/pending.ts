import { JournalError } from '@assay/sdk/errors'
import { readJournals } from '@assay/sdk/inspect'
import type { Address } from 'viem'

/** How many inferences of a session key are recorded in journals here and not settled. @throws JournalError */
export async function pendingOf(sessionKey: Address, directory: string): Promise<number> {
  let pending = 0n
  for await (const found of readJournals(directory)) {
    if (found instanceof JournalError) throw found
    const { place, journal } = found
    if (place.sessionKey !== sessionKey.toLowerCase()) continue
    pending += journal.state.next - journal.state.settled
  }
  return Number(pending)
}
