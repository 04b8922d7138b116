import type { Hex } from 'viem'
import type { RecorderConfig } from '../config/recorder-config.ts'
import { InferenceDroppedError, SettlementTimeoutError } from '../errors/journal.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import { createSettler, type Settler } from '../settle/settler.ts'
import type { Draft } from './draft.ts'
import { type Entry, type Ledger, type LedgerBatch, openLedger } from './ledger.ts'

/** What became of the inferences of this recorder so far. */
export type RecorderStatus = {
  /** Kept by the journal since this process began. */
  recorded: number
  /** Settled since this process began. */
  settled: number
  /** In the journal and not settled, those of earlier processes included. */
  pending: number
  /** Not recorded. */
  dropped: number
  lastError: unknown
}

/** Takes drafts, brings them into the journal and on chain, and gives their receipts. */
export type Book = {
  /** Never throws and never waits. Resolves with the entry once it is durable, with undefined if it was dropped. */
  take(draft: Draft): Promise<Entry | undefined>
  /** The receipt of an inference, once it is settled. @throws SettlementTimeoutError */
  receipt(inferenceId: Hex, timeoutMillis: number): Promise<InferenceReceipt | undefined>
  flush(): Promise<void>
  close(): Promise<void>
  status: () => RecorderStatus
}

/** Receipts kept at hand; older ones are read from the journal. */
const maxReceiptsAtHand = 10_000

export function openBook(config: RecorderConfig): Book {
  const journal = config.journal(config.place)
  const waiting = new Map<Hex, ((receipt: InferenceReceipt) => void)[]>()
  const atHand = new Map<Hex, () => InferenceReceipt>()
  const unsettled = new Set<Hex>()
  const counts = { recorded: 0, settled: 0, dropped: 0 }
  let lastError: unknown
  let queue: { draft: Draft; done: (entry: Entry | undefined) => void }[] = []
  let writing: Promise<void> | undefined

  const onError = (error: unknown) => {
    lastError = error
    config.onError(error)
  }

  const opened = openLedger(config.place, journal).then((ledger) => {
    for (const { inferenceId } of [...(ledger.batch?.entries ?? []), ...ledger.pending]) {
      unsettled.add(inferenceId)
    }
    const { account, submit, maxExportBatchSize, scheduledDelayMillis } = config
    const settler = createSettler({
      ledger,
      journal,
      submit,
      account,
      maxExportBatchSize,
      scheduledDelayMillis,
      onSettled: (batch) => settled(ledger, batch),
      onError,
    })
    if (unsettled.size > 0) settler.notify()
    return { ledger, settler }
  })
  opened.catch(onError)

  function settled(ledger: Ledger, batch: LedgerBatch): void {
    counts.settled += batch.entries.length
    for (const entry of batch.entries) {
      const make = () => ledger.receiptOf(batch, entry)
      unsettled.delete(entry.inferenceId)
      atHand.set(entry.inferenceId, make)
      for (const wake of waiting.get(entry.inferenceId) ?? []) wake(make())
      waiting.delete(entry.inferenceId)
      try {
        config.onReceipt?.(make())
      } catch (error) {
        onError(error)
      }
    }
    for (const id of atHand.keys()) {
      if (atHand.size <= maxReceiptsAtHand) break
      atHand.delete(id)
    }
  }

  /** Writes all that waits in one go, again and again until nothing waits. */
  async function write({ ledger, settler }: { ledger: Ledger; settler: Settler }): Promise<void> {
    while (queue.length > 0) {
      const taken = queue
      queue = []
      const entries = taken.map(({ draft }) => ledger.add(draft))
      for (const entry of entries) unsettled.add(entry.inferenceId)
      try {
        await journal.sync()
      } catch (error) {
        // The journal keeps the lines and writes them with the next sync.
        onError(error)
      }
      counts.recorded += entries.length
      entries.forEach((entry, i) => taken[i]?.done(entry))
      settler.notify()
    }
  }

  function startWriting(): Promise<void> {
    writing ??= opened
      // A turn of the event loop lets what comes at once share one write, off the callers' path.
      .then((ready) => new Promise<void>((go) => setTimeout(go, 0)).then(() => write(ready)))
      .catch((error: unknown) => {
        drop(queue.splice(0), error)
      })
      .finally(() => {
        writing = undefined
      })
    return writing
  }

  function drop(lost: { done: (entry: undefined) => void }[], cause?: unknown): void {
    if (lost.length === 0) return
    counts.dropped += lost.length
    const error = new InferenceDroppedError(lost.length, { cause })
    lastError = error
    config.onDrop(error)
    for (const { done } of lost) done(undefined)
  }

  async function drained(): Promise<void> {
    while (queue.length > 0 || writing) await startWriting()
  }

  return {
    take(draft) {
      return new Promise((done) => {
        if (queue.length >= config.maxQueueSize) return drop([{ done }])
        queue.push({ draft, done })
        void startWriting()
      })
    },
    async receipt(inferenceId, timeoutMillis) {
      await drained()
      const { ledger } = await opened
      const ready = atHand.get(inferenceId)
      if (ready) return ready()
      if (!unsettled.has(inferenceId)) return ledger.find(inferenceId)
      return waitFor(waiting, inferenceId, timeoutMillis)
    },
    async flush() {
      await drained()
      await (await opened).settler.flush()
    },
    async close() {
      await drained()
      // What kept it from opening was told then.
      await opened.then(
        ({ settler }) => settler.stop(),
        () => undefined,
      )
      await journal.close()
    },
    status: () => ({ ...counts, pending: unsettled.size, lastError }),
  }
}

function waitFor(
  waiting: Map<Hex, ((receipt: InferenceReceipt) => void)[]>,
  inferenceId: Hex,
  timeoutMillis: number,
): Promise<InferenceReceipt> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SettlementTimeoutError(timeoutMillis)), timeoutMillis)
    const wake = (receipt: InferenceReceipt) => {
      clearTimeout(timer)
      resolve(receipt)
    }
    waiting.set(inferenceId, [...(waiting.get(inferenceId) ?? []), wake])
  })
}
