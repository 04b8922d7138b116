import type { LocalAccount } from 'viem'
import { batchTypedData } from '../formats/batch.ts'
import type { OpenJournal } from '../journal/journal.ts'
import type { Ledger } from '../record/ledger.ts'
import { createClockCheck } from './clock-check.ts'
import type { Submit } from './submit.ts'

export type SettlerOptions = {
  ledger: Ledger
  journal: OpenJournal
  submit: Submit
  /** The session key. */
  account: LocalAccount
  /** Inferences a batch at most. */
  maxExportBatchSize: number
  /** How long an inference waits for others to share its batch, in ms. */
  scheduledDelayMillis: number
  /** Called after each batch. Must not throw. */
  onSettled(batch: { first: bigint; count: number }): void
  onError(error: unknown): void
}

/** Settles what a ledger holds, batch after batch, with nobody present. */
export type Settler = {
  /** To be called when the journal has got new inferences. */
  notify(): void
  /** Settles everything that the journal holds now. Rejects with what stops it; it is tried again later all the same. */
  flush(): Promise<void>
  /** Ends it. A batch that is under way is found settled, or settled, by the next run. */
  stop(): void
}

const maxBackOffMillis = 60_000

export function createSettler(options: SettlerOptions): Settler {
  const { ledger, journal, submit, account, maxExportBatchSize, scheduledDelayMillis } = options
  const { state } = journal
  const checkClock = createClockCheck(submit, (error) => options.onError(error))
  const { chainId, inferenceLog } = ledger.place
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  /** On chain, and not known to be in the journal yet. */
  let landed: { first: bigint; count: number } | undefined
  let failures = 0
  let stopped = false

  /** Says that a batch is settled, once the journal holds it: it may have been written by others who write to it. */
  function tell(): void {
    if (!landed || state.settled < landed.first + BigInt(landed.count)) return
    const batch = landed
    landed = undefined
    options.onSettled(batch)
  }

  async function settleOne(): Promise<void> {
    const batch =
      (await ledger.openBatch()) ??
      (await ledger.seal(maxExportBatchSize, 'inline', (built) =>
        account.signTypedData(batchTypedData(built, chainId, inferenceLog)),
      ))
    // A signed batch is never built anew: two signatures for one place would look like fraud.
    await journal.sync()
    const { built, signature } = batch
    const { first, count } = built
    if (landed?.first !== first) {
      const { transactionHash } = await submit({ place: ledger.place, batch: built, signature })
      // The journal may be another process's by now.
      if (stopped) return
      journal.addSettled({ first, transactionHash })
      landed = { first, count }
      checkClock(
        { place: ledger.place, root: built.root },
        batch.records.map((it) => it.servedAt),
      )
    }
    await journal.sync()
    tell()
  }

  async function settleUpTo(sequence: bigint): Promise<void> {
    while (state.settled < sequence && !stopped) await settleOne()
  }

  /** One run at a time: a second caller waits for the run under way, and then looks again. */
  async function run(): Promise<void> {
    while (running) await running.catch(() => undefined)
    tell()
    if (state.settled === state.next) return
    running = settleUpTo(state.next).finally(() => (running = undefined))
    return running
  }

  function schedule(): void {
    if (timer || stopped) return
    const backOff = Math.min(maxBackOffMillis, scheduledDelayMillis * 2 ** Math.min(failures, 10))
    // Jitter keeps many processes from trying again in step.
    const delay = failures ? backOff * (0.5 + Math.random() / 2) : scheduledDelayMillis
    timer = setTimeout(tick, delay)
    // A script that is done may end; the next run settles what is left.
    ;(timer as { unref?: () => void }).unref?.()
  }

  function tick(): void {
    timer = undefined
    run().then(
      () => {
        failures = 0
        if (state.settled < state.next) schedule()
      },
      (error: unknown) => {
        failures++
        options.onError(error)
        schedule()
      },
    )
  }

  return {
    notify() {
      if (failures === 0 && ledger.unsigned() >= maxExportBatchSize && !running) {
        clearTimeout(timer)
        timer = undefined
        tick()
      } else schedule()
    },
    async flush() {
      await run()
      failures = 0
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
