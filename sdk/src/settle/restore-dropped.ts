import { BatchesDroppedError } from '../errors/settlement.ts'
import type { OpenJournal } from '../journal/journal.ts'
import type { Bring } from './bring.ts'
import type { StandsOptions } from './newest-stands.ts'

export type RestoreOptions = StandsOptions & {
  journal: Pick<OpenJournal, 'sync'>
  bring: Bring
}

/**
 * Settles again, in order, what is settled by the journal, not final, and not on chain: what a reorganization took back.
 *
 * @returns What to tell of it; undefined: nothing was gone.
 * @throws what stops it; it can be called again.
 */
export async function restoreDropped(
  options: RestoreOptions,
): Promise<BatchesDroppedError | undefined> {
  const { ledger, journal, submit, bring } = options
  let restored = 0
  let sequence = journal.state.finalized
  while (sequence < journal.state.settled) {
    const batch = await ledger.settledBatch(sequence)
    if (!batch) break
    const { first, count, root } = batch.built
    if (!(await submit.isSettled?.({ place: ledger.place, root }))) {
      const { transactionHash, uri } = await bring.settle(batch)
      // Undefined: its own transaction was mined again meanwhile.
      if (transactionHash) {
        ledger.noteAnew({ first, transactionHash, uri })
        await journal.sync()
        restored++
      }
    }
    sequence = first + BigInt(count)
  }
  return restored > 0 ? new BatchesDroppedError(restored) : undefined
}
