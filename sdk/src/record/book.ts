import type { Hex } from 'viem'
import type { RecorderConfig } from '../config/recorder-config.ts'
import { InferenceDroppedError } from '../errors/recording.ts'
import { bytesToHex } from '../formats/bytes.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { type AbandonedLogs, settleAbandoned } from './abandoned-logs.ts'
import type { Draft } from './draft.ts'
import type { Entry } from './ledger.ts'
import { reissue } from './reissue.ts'
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
  /** Of what this and earlier processes settled, what became final since this process began. */
  finalized: number
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
   * The receipt of an inference, once it is settled, also one that an ended process left in another journal of the place;
   * undefined if there is no such inference.
   *
   * @param of - Without its sequence number, the journals are searched.
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

/** How long the last write may take in any case, in ms. */
const minLeaveMillis = 1_000

export function openBook(config: RecorderConfig): Book {
  const counts = { recorded: 0, settled: 0, finalized: 0, dropped: 0 }
  const onFinalized = (count: number) => (counts.finalized += count)
  let settledUpTo = createThresholds<bigint>()
  let lastError: unknown
  let log: RunningLog | undefined
  let abandoned: AbandonedLogs | undefined
  /** Of the log before this one, if it was stolen. */
  let handingOn: Promise<void> | undefined

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
        onFinalized,
        onStolen() {
          handingOn = handOn(opened).catch(onError)
        },
        onError,
      })
      // One that was open before is lost; or stolen, and still to be read.
      if (log?.journal.state.stolen === undefined) void log?.leave().catch(() => undefined)
      log = opened
      settledUpTo = reached
      abandoned ??= settleAbandoned(config, {
        onSettled: (count) => (counts.settled += count),
        onFinalized,
        reissue: reissueFrom,
        onError,
      })
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

  const reissueFrom = (stolen: OpenJournal) =>
    reissue({
      stolen,
      own: () => (log as RunningLog).journal,
      take: (draft) => writer.take(draft),
      free: () => config.journal.free?.(config.place) ?? [],
    })

  /** Goes on in another log, and takes along what is pending in this one. */
  async function handOn(stolen: RunningLog): Promise<void> {
    await writer.renew()
    await reissueFrom(stolen.journal).finally(() => stolen.leave())
  }

  async function settled(sequence: bigint, timeoutMillis: number): Promise<void> {
    const { reached, forget } = settledUpTo.wait(sequence + 1n)
    await within(timeoutMillis, reached).finally(forget)
  }

  return {
    take: (draft) => writer.take(draft),
    async receipt(of, timeoutMillis) {
      await writer.opened
      if (!log) return undefined
      const { journal, ledger } = log
      const sequence = await placeOf(journal, of)
      if (sequence === undefined) {
        const left = abandoned?.receipt(of.inferenceId)
        return left && within(timeoutMillis, left)
      }
      if (sequence >= journal.state.settled) await settled(sequence, timeoutMillis)
      return ledger.receiptAt(sequence)
    },
    async flush() {
      await writer.opened
      tellOfDrops.flush()
      await handingOn
      if (!log) throw lastError
      await writer.written(config.exportTimeoutMillis)
      await log.settler.flush()
      await abandoned?.flush()
    },
    async close(timeoutMillis) {
      const start = performance.now()
      const left = () => Math.max(0, timeoutMillis - (performance.now() - start))
      abandoned?.stop()
      await writer.close(timeoutMillis)
      tellOfDrops.flush()
      if (!log) return
      // What is not handed out in time is handed out by the next run.
      await within(left(), log.exported()).catch(() => undefined)
      await within(Math.max(minLeaveMillis, left()), log.leave())
    },
    status: () => ({
      ...counts,
      pending: (log?.ledger.unsettled() ?? 0) + (abandoned?.pending() ?? 0),
      lastError,
    }),
  }
}

/** Where an inference stands in a journal; undefined if it is not in it. */
async function placeOf(
  journal: OpenJournal,
  { inferenceId, sequence }: { inferenceId: Hex; sequence?: bigint | undefined },
): Promise<bigint | undefined> {
  if (sequence === undefined) return journal.sequenceOf(inferenceId)
  // It may be the place in another journal, which may be one that this one stands for.
  if (sequence < journal.state.next) {
    for await (const [record] of journal.inferences(sequence, 1)) {
      if (record && bytesToHex(record.inferenceId) === inferenceId) return sequence
    }
  }
  return journal.state.reissued && journal.sequenceOf(inferenceId)
}
