import type { RecorderConfig } from '../config/recorder-config.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { createFinalityWatch, type FinalityWatch } from '../settle/finality-watch.ts'
import { createSettler, type Settler } from '../settle/settler.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { heard } from './heard-journal.ts'
import { createReceiptExport } from './receipt-export.ts'

/** A journal, and what works on it. */
export type RunningLog = {
  journal: OpenJournal
  ledger: Ledger
  settler: Settler
  finality: FinalityWatch
  /** Resolves when the receipts of what is settled have been handed out. */
  exported(): Promise<void>
  /** Ends the work and gives the journal free. @throws JournalError as its `close` does */
  leave(): Promise<void>
}

/** What of a recorder's settings working on a journal needs. */
export type LogConfig = Pick<
  RecorderConfig,
  | ('place' | 'account' | 'submit' | 'mode' | 'store' | 'maxInlineFee' | 'onBatchMode')
  | ('maxExportBatchSize' | 'scheduledDelayMillis' | 'finalityPollMillis' | 'onReceipt')
>

export type RunningLogListener = {
  onSettled: (batch: { first: bigint; count: number }) => void
  onFinalized: (count: number) => void
  onStolen: () => void
  onError: (error: unknown) => void
}

/** Takes up the work on a journal where an earlier process left it. */
export function runLog(
  config: LogConfig,
  given: OpenJournal,
  { onSettled, onFinalized, onStolen, onError }: RunningLogListener,
): RunningLog {
  const { account, submit, finalityPollMillis } = config
  const journal = heard(given)
  const ledger = openLedger(config.place, journal)
  const receipts = createReceiptExport({
    ledger,
    journal,
    // A recorder that shares the journal may bring another one.
    onReceipt: () => config.onReceipt,
    onError,
  })
  const settler = createSettler({
    ...config,
    ledger,
    journal,
    submit,
    account,
    onSettled(batch) {
      onSettled(batch)
      finality.notify()
      void receipts.run()
    },
    onStolen,
    onMode: config.onBatchMode,
    onError,
  })
  const finality = createFinalityWatch({
    ledger,
    journal,
    submit,
    pollMillis: finalityPollMillis,
    restore: () => settler.restore(),
    onFinalized(count) {
      onFinalized(count)
      // What is final may be compacted.
      void receipts.run()
    },
    onError,
  })
  void receipts.run()
  void finality.run()
  if (journal.state.settled < journal.state.next) settler.notify()
  return {
    journal,
    ledger,
    settler,
    finality,
    exported: () => receipts.run(),
    leave() {
      settler.stop()
      finality.stop()
      receipts.stop()
      return journal.close()
    },
  }
}
