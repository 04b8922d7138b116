import type { OpenJournal } from '../journal/journal.ts'
import type { Ledger } from '../record/ledger.ts'
import type { Submit } from './submit.ts'

/** What says how far batches have come, and what the chain says of them. */
export type StandsOptions = {
  ledger: Ledger
  journal: Pick<OpenJournal, 'state'>
  submit: Submit
}

/** Whether the newest settled batch stands: then all before it do, since each begins where the one before has ended. */
export async function newestStands(options: StandsOptions): Promise<boolean> {
  const { ledger, journal, submit } = options
  const { settled, finalized } = journal.state
  if (settled === finalized || !submit.isSettled) return true
  const newest = await ledger.settledBatch(settled - 1n)
  return !newest || submit.isSettled({ place: ledger.place, root: newest.built.root })
}
