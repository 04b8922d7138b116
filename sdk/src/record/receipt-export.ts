import type { InferenceReceipt } from '../formats/receipt.ts'
import type { OpenJournal } from '../journal/journal.ts'
import type { Submit } from '../settle/submit.ts'
import type { Ledger } from './ledger.ts'

export type ReceiptExportOptions = {
  ledger: Ledger
  journal: OpenJournal
  submit: Submit
  /** Asked before each use. */
  onReceipt: () => ((receipt: InferenceReceipt) => unknown) | undefined
  onError: (error: unknown) => void
}

/** Hands out the receipts of what was settled, and lets the journal remove what is no longer needed. */
export type ReceiptExport = {
  /** To be called when a batch is settled, and at the start. One run at a time; never rejects. */
  run(): Promise<void>
}

export function createReceiptExport(options: ReceiptExportOptions): ReceiptExport {
  const { ledger, journal, submit, onReceipt, onError } = options
  const { state } = journal
  // What was settled while nobody asked for receipts is not handed out afterwards, but for what an earlier process had begun.
  let from = state.exported?.to ?? state.settled
  let running: Promise<void> | undefined
  let asked = 0
  let begun = false

  /** Goes with the next write, so that what this process settles and does not come to hand out is handed out by the next. */
  function begin(): void {
    if (begun || !onReceipt()) return
    begun = true
    if (!state.exported) journal.addProgress({ exported: { from, to: from } })
  }

  /** Hands out one batch. */
  async function exportBatch(): Promise<void> {
    const first = from
    let failed = false
    for await (const receipt of ledger.receiptsFrom(first)) {
      from++
      try {
        await onReceipt()?.(receipt)
      } catch (error) {
        failed = true
        onError(error)
      }
    }
    if (from === first) throw new RangeError(`There is no settled batch at ${first}.`)
    const since = state.exported?.to === first && !failed ? state.exported.from : first
    // What a listener did not take counts as never handed out, so the journal keeps it.
    journal.addProgress({ exported: { from: failed ? from : since, to: from } })
    await journal.sync()
  }

  async function finalize(): Promise<void> {
    while (journal.compacts && submit.isFinal && state.finalized < state.settled) {
      const found = await journal.settlementOf(state.finalized)
      if (!found || !(await submit.isFinal({ place: ledger.place, root: found.signed.root })))
        return
      const finalized = found.signed.first + BigInt(found.signed.count)
      journal.addProgress({ finalized })
      await journal.sync()
      if (state.finalized < finalized) return
    }
  }

  async function work(): Promise<void> {
    const seen = asked
    begin()
    while (onReceipt() && from < state.settled) await exportBatch()
    await finalize()
    await journal.compact()
    // More may have been settled meanwhile.
    if (asked !== seen) await work()
  }

  return {
    run() {
      asked++
      running ??= work()
        .catch(onError)
        .finally(() => (running = undefined))
      return running
    },
  }
}
