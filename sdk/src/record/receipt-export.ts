import { JournalError } from '../errors/journal.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { OpenJournal } from '../journal/journal.ts'
import type { Ledger } from './ledger.ts'

export type ReceiptExportOptions = {
  ledger: Ledger
  journal: OpenJournal
  /** Asked before each use. */
  onReceipt: () => ((receipt: InferenceReceipt) => unknown) | undefined
  onError: (error: unknown) => void
}

/** Hands out the receipts of what was settled, and lets the journal remove what is no longer needed. */
export type ReceiptExport = {
  /** To be called when a batch is settled, and at the start. One run at a time; never rejects. */
  run(): Promise<void>
  /** Ends it, and tells nothing any more. What is not handed out by then is handed out by the next run. */
  stop(): void
}

/** Receipts that were not taken and are offered again; with more of them, no further ones are handed out. */
const maxRefused = 10_000
/** After how long they are, in ms; twice as long each time that none is taken. */
const minPauseMillis = 1_000
const maxPauseMillis = 60_000

export function createReceiptExport(options: ReceiptExportOptions): ReceiptExport {
  const { ledger, journal, onReceipt } = options
  const { state } = journal
  // What was settled while nobody asked for receipts is not handed out afterwards, but for what an earlier process had begun.
  const start = state.exported?.from ?? state.settled
  let from = state.exported?.to ?? start
  /** Sequence numbers of those that were handed out and not taken, the next to be offered again first. */
  const refused = new Set<bigint>()
  let running: Promise<void> | undefined
  let asked = 0
  let begun = false
  let stopped = false
  let pauseMillis = minPauseMillis
  let timer: ReturnType<typeof setTimeout> | undefined

  const onError = (error: unknown) => {
    if (!stopped) options.onError(error)
  }

  /** Goes with the next write, so that what this process settles and does not come to hand out is handed out by the next. */
  function begin(): void {
    if (begun || !onReceipt()) return
    begun = true
    if (!state.exported) journal.addProgress({ exported: { from: start, to: from } })
  }

  /** @returns Whether it was taken. */
  async function handOut(receipt: InferenceReceipt): Promise<boolean> {
    try {
      await onReceipt()?.(receipt)
      return true
    } catch (error) {
      onError(error)
      return false
    }
  }

  async function handOutBatch(): Promise<void> {
    const first = from
    for await (const receipt of ledger.receiptsFrom(first)) {
      if (stopped) return
      if (!(await handOut(receipt))) refused.add(from)
      from++
    }
    if (from === first)
      throw new JournalError(journal.instance, `holds no settled batch at ${first}`)
    note()
    await journal.sync()
  }

  /** Offers those again that were not taken, up to the first that is not taken this time either. */
  async function offerAgain(): Promise<void> {
    for (const sequence of refused) {
      const receipt = await ledger.receiptAt(sequence)
      if (stopped) return
      refused.delete(sequence)
      if (receipt && !(await handOut(receipt))) {
        // Others have their turn before it.
        refused.add(sequence)
        break
      }
      pauseMillis = minPauseMillis
    }
    note()
    await journal.sync()
  }

  /** Notes how far all have been taken, without a gap; goes with the next write. */
  function note(): void {
    let to = from
    for (const sequence of refused) if (sequence < to) to = sequence
    if (begun && state.exported?.to !== to) journal.addProgress({ exported: { from: start, to } })
  }

  function offerLater(): void {
    if (timer || stopped) return
    timer = setTimeout(() => {
      timer = undefined
      void inTurn(offerAgain)
    }, pauseMillis)
    pauseMillis = Math.min(2 * pauseMillis, maxPauseMillis)
    ;(timer as { unref?: () => void }).unref?.()
  }

  async function work(before: () => Promise<void>): Promise<void> {
    const seen = asked
    begin()
    await before()
    while (!stopped && onReceipt() && from < state.settled && refused.size < maxRefused)
      await handOutBatch()
    if (!stopped) await journal.compact()
    // More may have been settled meanwhile.
    if (asked !== seen && !stopped) await work(nothing)
  }

  function inTurn(before: () => Promise<void>): Promise<void> {
    asked++
    running ??= work(before)
      .then(
        () => {
          if (refused.size === 0) pauseMillis = minPauseMillis
          return refused.size > 0
        },
        (error: unknown) => {
          onError(error)
          return true
        },
      )
      .then((again) => {
        running = undefined
        if (again) offerLater()
      })
    return running
  }

  return {
    run: () => inTurn(nothing),
    stop() {
      stopped = true
      clearTimeout(timer)
      note()
    },
  }
}

const nothing = () => Promise.resolve()
