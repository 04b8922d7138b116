import type { RecorderConfig } from '../config/recorder-config.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { createSettler, type Settler } from '../settle/settler.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { heard } from './heard-journal.ts'
import { createReceiptExport } from './receipt-export.ts'

/** A journal, and what works on it. */
export type RunningLog = {
  journal: OpenJournal
  ledger: Ledger
  settler: Settler
  /** Resolves when the receipts of what is settled have been handed out. */
  exported(): Promise<void>
  /** Ends the work and gives the journal free. @throws JournalError as its `close` does */
  leave(): Promise<void>
}

export type RunningLogListener = {
  onSettled: (batch: { first: bigint; count: number }) => void
  onError: (error: unknown) => void
}

/** Takes up the work on a journal where an earlier process left it. */
export function runLog(
  config: RecorderConfig,
  given: OpenJournal,
  { onSettled, onError }: RunningLogListener,
): RunningLog {
  const { account, submit, maxExportBatchSize, scheduledDelayMillis } = config
  const journal = heard(given)
  const ledger = openLedger(config.place, journal)
  const receipts = createReceiptExport({
    ledger,
    journal,
    submit,
    // A recorder that shares the journal may bring another one.
    onReceipt: () => config.onReceipt,
    onError,
  })
  const settler = createSettler({
    ledger,
    journal,
    submit,
    account,
    maxExportBatchSize,
    scheduledDelayMillis,
    onSettled(batch) {
      onSettled(batch)
      void receipts.run()
    },
    onError,
  })
  void receipts.run()
  if (journal.state.settled < journal.state.next) settler.notify()
  return {
    journal,
    ledger,
    settler,
    exported: () => receipts.run(),
    leave() {
      settler.stop()
      receipts.stop()
      return journal.close()
    },
  }
}
