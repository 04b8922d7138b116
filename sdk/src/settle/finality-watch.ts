import type { OpenJournal } from '../journal/journal.ts'
import type { Ledger } from '../record/ledger.ts'
import { newestStands } from './newest-stands.ts'
import type { Submit } from './submit.ts'

export type FinalityWatchOptions = {
  ledger: Ledger
  journal: OpenJournal
  submit: Submit
  /** How often the chain is asked, in ms. */
  pollMillis: number
  /** Settles again what is gone from the chain. */
  restore: () => Promise<void>
  /** Called with how many inferences have become final. Must not throw. */
  onFinalized: (count: number) => void
  onError: (error: unknown) => void
}

/** Follows settled batches until they are final, and sees to it when one is gone before. */
export type FinalityWatch = {
  /** To be called when a batch is settled. */
  notify(): void
  /** Looks once, now. Never rejects. */
  run(): Promise<void>
  stop(): void
}

export function createFinalityWatch(options: FinalityWatchOptions): FinalityWatch {
  const { ledger, journal, submit, pollMillis, restore, onFinalized } = options
  const { state } = journal
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let suspicious = false
  let stopped = false

  const isStopped = () => stopped
  const onError = (error: unknown) => {
    if (!stopped) options.onError(error)
  }

  async function finalize(): Promise<void> {
    const before = state.finalized
    try {
      while (submit.isFinal && state.finalized < state.settled) {
        const batch = await ledger.settledBatch(state.finalized)
        if (!batch) return
        const { first, count, root } = batch.built
        const { place } = ledger
        if (!(await submit.isFinal({ place, root }))) return
        const { transactionHash, uri } = batch.settled
        const leadsThere =
          !transactionHash ||
          ((await submit.isSettledBy?.({ place, root, transactionHash })) ?? true)
        // The journal may be another process's by now.
        if (stopped) return
        // Another run of the program may have settled it once more, and have ended before it took note.
        if (!leadsThere) ledger.noteAnew({ first, transactionHash: undefined, uri })
        const finalized = first + BigInt(count)
        journal.addProgress({ finalized })
        await journal.sync()
        if (state.finalized < finalized) return
      }
    } finally {
      if (state.finalized > before) onFinalized(Number(state.finalized - before))
    }
  }

  async function look(): Promise<void> {
    // Also where it can't be said what is final it can be seen what is gone.
    await finalize().catch(onError)
    if (isStopped() || (await newestStands({ ledger, journal, submit }))) {
      suspicious = false
      return
    }
    // An endpoint may be some blocks behind: what is gone is gone the next time too.
    if (suspicious && !isStopped()) await restore()
    suspicious = !suspicious
  }

  function run(): Promise<void> {
    running ??= look()
      .catch(onError)
      .finally(() => {
        running = undefined
        schedule()
      })
    return running
  }

  function schedule(): void {
    if (timer || stopped || !submit.isFinal || state.finalized === state.settled) return
    timer = setTimeout(() => {
      timer = undefined
      void run()
    }, pollMillis)
    // The next run of the program looks again.
    ;(timer as { unref?: () => void }).unref?.()
  }

  return {
    notify: schedule,
    run,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
