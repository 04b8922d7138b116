import type { RecorderConfig } from '../config/recorder-config.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { runLog } from './running-log.ts'

/** How often it is looked for journals whose process has ended, in ms. */
const lookEveryMillis = 60_000

/** Settles what processes and threads that have ended left in other journals of the same place, one after the other. */
export type AbandonedLogs = {
  /** Settles all that is there now. Rejects with the last of what stopped some of it. */
  flush(): Promise<void>
  /** How many inferences are left in the journal at hand. */
  pending(): number
  stop(): void
}

/**
 * Looks first after `scheduledDelayMillis`, then once a minute. A journal is held no longer than its settlement takes.
 *
 * @param onSettled - Told how many inferences a batch had.
 */
export function settleAbandoned(
  config: RecorderConfig,
  onSettled: (count: number) => void,
  onError: (error: unknown) => void,
): AbandonedLogs {
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

  async function settleOne(journal: OpenJournal): Promise<void> {
    const log = runLog(config, journal, { onSettled: ({ count }) => onSettled(count), onError })
    current = journal
    try {
      await log.settler.flush()
      await log.exported()
    } finally {
      current = undefined
      log.settler.stop()
      await journal.close()
    }
  }

  async function settleAll(): Promise<void> {
    const failures: unknown[] = []
    for (const journal of config.journal.abandoned?.(config.place) ?? []) {
      // One that can't be settled keeps nobody from settling the others.
      await settleOne(journal).catch((error: unknown) => failures.push(error))
      if (stopped) break
    }
    if (failures.length > 0) throw failures.at(-1)
  }

  function flush(): Promise<void> {
    running ??= settleAll().finally(() => (running = undefined))
    return running
  }

  return {
    flush,
    pending: () => (current ? Number(current.state.next - current.state.settled) : 0),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
