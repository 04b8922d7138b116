import type { JournalPlace } from '@assay/sdk'
import { JournalError } from '@assay/sdk/errors'
import { readHolder, readJournals } from '@assay/sdk/inspect'

/** How many inferences wait to be settled. */
export type Pending = {
  /** In journals of the place that nobody holds. */
  free: bigint
  /** In journals of the place that a living process holds. */
  held: bigint
  /** Of another session key, owner, chain or contract. */
  others: bigint
}

/** Counts what waits in the journals of a directory. @throws JournalError if one can't be read: what it holds is not known */
export async function countPending(directory: string, place: JournalPlace): Promise<Pending> {
  const pending: Pending = { free: 0n, held: 0n, others: 0n }
  for await (const found of readJournals(directory)) {
    if (found instanceof JournalError) throw found
    const { next, settled } = found.journal.state
    const kind = !isAt(found.place, place) ? 'others' : isHeld(found.folder) ? 'held' : 'free'
    pending[kind] += next - settled
  }
  return pending
}

/** One that a process of another machine holds may be held still. */
const isHeld = (folder: string) => {
  const holder = readHolder(folder)
  return holder !== undefined && holder.pid !== process.pid && holder.isAlive !== false
}

function isAt(found: JournalPlace, place: JournalPlace): boolean {
  const same = (name: 'inferenceLog' | 'owner' | 'sessionKey') =>
    found[name].toLowerCase() === place[name].toLowerCase()
  return (
    found.chainId === place.chainId && same('inferenceLog') && same('owner') && same('sessionKey')
  )
}
