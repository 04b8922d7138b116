import type { RecorderConfig } from '../config/recorder-config.ts'
import { runLog } from './running-log.ts'
import { pause } from './turn.ts'

/** How often it is looked for journals whose process has ended, in ms. */
const lookEveryMillis = 60_000

/** Settles what processes that have ended left behind, journal after journal. */
export type AbandonedLogs = {
  /** Settles all that is there now. Rejects with what stops it. */
  flush(): Promise<void>
  /** How many inferences of the journal at hand are left. */
  pending(): number
  stop(): void
}

export function settleAbandoned(
  config: RecorderConfig,
  onSettled: (count: number) => void,
  onError: (error: unknown) => void,
): AbandonedLogs {
  let running: Promise<void> | undefined
  let stopped = false
  let pending = () => 0

  async function settleAll(): Promise<void> {
    for (const journal of config.journal.abandoned?.(config.place) ?? []) {
      const { state } = journal
      pending = () => Number(state.next - state.settled)
      const log = runLog(config, journal, { onSettled: ({ count }) => onSettled(count), onError })
      try {
        if (!stopped) await log.settler.flush()
        await log.exported()
      } finally {
        pending = () => 0
        log.settler.stop()
        await journal.close()
      }
      if (stopped) return
    }
  }

  function flush(): Promise<void> {
    running ??= settleAll().finally(() => (running = undefined))
    return running
  }

  void (async () => {
    // A recorder that lives for a moment only has its own to settle; flush() looks at once.
    for (let wait = Math.min(1_000, config.scheduledDelayMillis); ; wait = lookEveryMillis) {
      await pause(wait, false)
      if (stopped) return
      await flush().catch(onError)
    }
  })()

  return { flush, pending: () => pending(), stop: () => (stopped = true) }
}
