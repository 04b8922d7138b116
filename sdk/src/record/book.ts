import type { Hex } from 'viem'
import type { RecorderConfig } from '../config/recorder-config.ts'
import { InferenceDroppedError } from '../errors/journal.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import { type AbandonedLogs, settleAbandoned } from './abandoned-logs.ts'
import type { Draft } from './draft.ts'
import type { Entry } from './ledger.ts'
import { runLog, type RunningLog } from './running-log.ts'
import { createThresholds } from './thresholds.ts'
import { createWriter } from './writer.ts'
import { gather } from './gather.ts'
import { within } from './within.ts'

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
  /**
   * Never throws and never waits. Resolves with the entry once it is durable; with undefined if it was dropped, or the journal
   * can't be written for now.
   */
  take(draft: Draft): Promise<Entry | undefined>
  /**
   * The receipt of an inference, once it is settled; undefined if there is no such inference.
   *
   * @param of - Without its sequence number, the journal is searched.
   * @throws SettlementTimeoutError
   */
  receipt(
    of: { inferenceId: Hex; sequence?: bigint | undefined },
    timeoutMillis: number,
  ): Promise<InferenceReceipt | undefined>
  /** Settles what is recorded, by earlier processes too. Rejects with what stops it. */
  flush(): Promise<void>
  /** @param timeoutMillis - After how long a disk that gives no answer is given up; what waits to be written is dropped then. */
  close(timeoutMillis: number): Promise<void>
  status: () => RecorderStatus
}

export function openBook(config: RecorderConfig): Book {
  const counts = { recorded: 0, settled: 0, dropped: 0 }
  let settledUpTo = createThresholds<bigint>()
  let lastError: unknown
  let log: RunningLog | undefined
  let abandoned: AbandonedLogs | undefined

  const onError = (error: unknown) => {
    lastError = error
    config.onError(error)
  }

  const tellOfDrops = gather((count, cause) => {
    const error = new InferenceDroppedError(count, { cause })
    lastError = error
    config.onDrop(error)
  })

  const writer = createWriter({
    open() {
      const reached = createThresholds<bigint>()
      const opened = runLog(config, config.journal(config.place), {
        onSettled({ first, count }) {
          counts.settled += count
          reached.reach(first + BigInt(count))
        },
        onError,
      })
      // One that was open before is lost.
      if (log) void leave(log).catch(() => undefined)
      log = opened
      settledUpTo = reached
      abandoned ??= settleAbandoned(config, (count) => (counts.settled += count), onError)
      return log
    },
    maxQueueSize: config.maxQueueSize,
    onRecorded: (count) => (counts.recorded += count),
    onDropped(count, cause) {
      counts.dropped += count
      tellOfDrops(count, cause)
    },
    onError,
  })

  function leave({ settler, journal }: RunningLog): Promise<void> {
    settler.stop()
    return journal.close()
  }

  async function settled(sequence: bigint, timeoutMillis: number): Promise<void> {
    const { reached, forget } = settledUpTo.wait(sequence + 1n)
    await within(timeoutMillis, reached).finally(forget)
  }

  return {
    take: (draft) => writer.take(draft),
    async receipt({ inferenceId, sequence: known }, timeoutMillis) {
      await writer.opened
      if (!log) return undefined
      const { journal, ledger } = log
      const sequence = known ?? (await journal.sequenceOf(inferenceId))
      if (sequence === undefined) return undefined
      if (sequence >= journal.state.settled) await settled(sequence, timeoutMillis)
      const receipt = await ledger.receiptAt(sequence)
      return receipt?.inferenceId === inferenceId ? receipt : undefined
    },
    async flush() {
      await writer.opened
      tellOfDrops.flush()
      if (!log) throw lastError
      await writer.written()
      await log.settler.flush()
      await abandoned?.flush()
    },
    async close(timeoutMillis) {
      const start = performance.now()
      abandoned?.stop()
      await writer.close(timeoutMillis)
      tellOfDrops.flush()
      const left = Math.max(0, timeoutMillis - (performance.now() - start))
      if (log) await within(left, leave(log))
    },
    status: () => ({
      ...counts,
      pending: (log?.ledger.unsettled() ?? 0) + (abandoned?.pending() ?? 0),
      lastError,
    }),
  }
}
