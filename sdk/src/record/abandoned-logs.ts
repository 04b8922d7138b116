import type { Hex } from 'viem'
import type { RecorderConfig } from '../config/recorder-config.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { type LogConfig, runLog, type RunningLog } from './running-log.ts'

/** How often it is looked for journals whose process has ended, in ms. */
const lookEveryMillis = 60_000

/** What processes and threads that have ended left in other journals of the same place; one is worked on at a time. */
export type AbandonedLogs = {
  /** Settles all that is there now. Rejects with the last of what stopped some of it. */
  flush(): Promise<void>
  /** The receipt of an inference that one of them holds, settled first if need be; undefined if none does. */
  receipt(inferenceId: Hex): Promise<InferenceReceipt | undefined>
  /** How many inferences are left in the journal at hand. */
  pending(): number
  stop(): void
}

/** Told how many inferences a batch had, and how many have become final. */
export type AbandonedLogsListener = {
  onSettled: (count: number) => void
  onFinalized: (count: number) => void
  /** Records anew what a journal holds and can't settle. */
  reissue: (stolen: OpenJournal) => Promise<unknown>
  onError: (error: unknown) => void
}

/**
 * Looks first after `scheduledDelayMillis`, then once a minute. A journal is held no longer than its settlement takes, and is looked
 * at again until all in it is final.
 */
export function settleAbandoned(
  config: LogConfig & Pick<RecorderConfig, 'journal'>,
  { onSettled, onFinalized, reissue, onError }: AbandonedLogsListener,
): AbandonedLogs {
  const untilFinal = { untilFinal: config.submit.isFinal !== undefined }
  let last: Promise<unknown> = Promise.resolve()
  let running: Promise<void> | undefined
  let current: OpenJournal | undefined
  let stopped = false
  let timer = later(config.scheduledDelayMillis)

  function later(millis: number): ReturnType<typeof setTimeout> {
    const next = setTimeout(look, millis)
    ;(next as { unref?: () => void }).unref?.()
    return next
  }

  function look(): void {
    void flush()
      .catch(onError)
      .then(() => {
        if (!stopped) timer = later(lookEveryMillis)
      })
  }

  /** A journal that is worked on is free for nobody, this process included. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }

  async function runWhile<T>(
    journal: OpenJournal,
    work: (log: RunningLog) => Promise<T>,
  ): Promise<T> {
    const log = runLog(config, journal, {
      onSettled: ({ count }) => onSettled(count),
      onFinalized,
      // It is free when the settlement is over, and its turn comes with the next look.
      onStolen: () => undefined,
      onError,
    })
    current = journal
    try {
      return await work(log)
    } finally {
      current = undefined
      await log.leave()
    }
  }

  async function settle(log: RunningLog): Promise<void> {
    await log.settler.flush()
    await log.exported()
    await log.finality.run()
  }

  async function settleAll(): Promise<void> {
    const failures: unknown[] = []
    for (const journal of config.journal.abandoned?.(config.place, untilFinal) ?? []) {
      // One that can't be settled keeps nobody from settling the others.
      const work =
        journal.state.stolen === undefined
          ? runWhile(journal, settle)
          : reissue(journal).finally(() => journal.close())
      await work.catch((error: unknown) => failures.push(error))
      if (stopped) break
    }
    if (failures.length > 0) throw failures.at(-1)
  }

  function flush(): Promise<void> {
    running ??= inTurn(settleAll).finally(() => (running = undefined))
    return running
  }

  async function receiptIn(journal: OpenJournal, inferenceId: Hex) {
    let sequence: bigint | undefined
    try {
      sequence = await journal.sequenceOf(inferenceId)
      const { stolen } = journal.state
      // Another one has what stands for it.
      if (sequence !== undefined && stolen !== undefined && sequence >= stolen) sequence = undefined
    } finally {
      if (sequence === undefined) await journal.close()
    }
    if (sequence === undefined) return undefined
    const place = sequence
    return runWhile(journal, async (log) => {
      if (place >= journal.state.settled) await settle(log)
      return log.ledger.receiptAt(place)
    })
  }

  async function findReceipt(inferenceId: Hex): Promise<InferenceReceipt | undefined> {
    for (const journal of config.journal.free?.(config.place) ?? []) {
      try {
        const receipt = await receiptIn(journal, inferenceId)
        if (receipt) return receipt
      } catch (error) {
        // It may be in another one.
        onError(error)
      }
      if (stopped) break
    }
    return undefined
  }

  return {
    flush,
    receipt: (inferenceId) => inTurn(() => findReceipt(inferenceId)),
    pending: () => (current ? Number(current.state.next - current.state.settled) : 0),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
