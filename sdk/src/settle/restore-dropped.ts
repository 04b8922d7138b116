import type { OpenJournal } from '../journal/journal.ts'
import type { Ledger } from '../record/ledger.ts'
import type { Bring } from './bring.ts'
import type { Submit } from './submit.ts'

export type RestoreOptions = {
  ledger: Ledger
  journal: Pick<OpenJournal, 'state'>
  submit: Submit
  bring: Bring
}

/** Whether the newest settled batch stands: then all before it do, since each begins where the one before has ended. */
export async function newestStands(options: Omit<RestoreOptions, 'bring'>): Promise<boolean> {
  const { ledger, journal, submit } = options
  const { settled, finalized } = journal.state
  if (settled === finalized || !submit.isSettled) return true
  const newest = await ledger.settledBatch(settled - 1n)
  return !newest || submit.isSettled({ place: ledger.place, root: newest.built.root })
}

/**
 * Settles again, in order, what is settled by the journal, not final, and not on chain: what a reorganization took back.
 *
 * @returns How many batches it were.
 * @throws what stops it; it can be called again.
 */
export async function restoreDropped(options: RestoreOptions): Promise<number> {
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
        ledger.noteAnew(first, { first, transactionHash, uri })
        restored++
      }
    }
    sequence = first + BigInt(count)
  }
  return restored
}
