import { type BatchForkError, StolenLogError } from '../errors/settlement.ts'
import type { Ledger } from '../record/ledger.ts'
import type { Submit } from './submit.ts'

export type TheftOptions = {
  ledger: Pick<Ledger, 'place' | 'openBatch'>
  submit: Submit
  /** Where the log would go on. */
  next: bigint
  /** What the batch at hand was refused with. */
  cause: BatchForkError
}

/** Whether it is final that somebody else's batch stands where the next one would begin. Undefined: it is not, or can't be known. */
export async function theftOf({ ledger, submit, next, cause }: TheftOptions) {
  const { place } = ledger
  const batch = await ledger.openBatch()
  if (!batch || !submit.finalHead || !submit.isFinal) return undefined
  const { first, root } = batch.built
  // A reorganization may give it back until then.
  if ((await submit.finalHead(place)) <= first || (await submit.isFinal({ place, root }))) {
    return undefined
  }
  return { first, error: new StolenLogError(place.instance, Number(next - first), { cause }) }
}
