import { logIdOf } from '@assay/sdk'
import { JournalError } from '@assay/sdk/errors'
import { readJournals } from '@assay/sdk/inspect'
import type { Hex } from 'viem'
import type { Happening } from './happening.ts'

/** How far journals had come when they were looked at last, by their inference logs. */
export type SeenJournals = Map<Hex, { recorded: bigint; settled: bigint }>

/** What changed in the journals of a directory. One that can't be read now is looked at the next time. */
export async function* journalHappenings(
  directory: string,
  seen: SeenJournals,
): AsyncGenerator<Happening> {
  for await (const found of readJournals(directory)) {
    if (found instanceof JournalError) continue
    const { folder, place, journal } = found
    const { next: recorded, settled } = journal.state
    const logId = logIdOf({ ...place, instance: journal.instance })
    const last = seen.get(logId)
    if (last?.recorded === recorded && last.settled === settled) continue
    seen.set(logId, { recorded, settled })
    yield { event: 'journal', logId, folder, recorded, settled, pending: recorded - settled }
  }
}
