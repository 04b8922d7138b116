import type { LocalAccount } from 'viem'
import { batchTypedData } from '../formats/batch.ts'
import type { OpenJournal } from '../journal/journal.ts'
import type { Ledger, LedgerBatch } from '../record/ledger.ts'
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
  onSettled(batch: LedgerBatch): void
  onError(error: unknown): void
}

/** Settles what a ledger holds, batch after batch, with nobody present. */
export type Settler = {
  /** To be called when the ledger has got new entries. */
  notify(): void
  /** Settles everything that the ledger holds now. Rejects with what stops it; it is tried again later all the same. */
  flush(): Promise<void>
  /** Ends it. A batch that is under way is found settled, or settled, by the next run. */
  stop(): void
}

const maxBackOffMillis = 60_000

export function createSettler(options: SettlerOptions): Settler {
  const { ledger, journal, submit, account, maxExportBatchSize, scheduledDelayMillis } = options
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let failures = 0
  let stopped = false

  async function settleOne(): Promise<void> {
    const batch =
      ledger.batch ??
      (await ledger.seal(maxExportBatchSize, 'inline', (built) =>
        account.signTypedData(
          batchTypedData(built, ledger.place.chainId, ledger.place.inferenceLog),
        ),
      ))
    // A signed batch is never built anew: two signatures for one place would look like fraud.
    await journal.sync()
    const { transactionHash } = await submit({
      place: ledger.place,
      batch: batch.built,
      signature: batch.signature,
    })
    // The journal may be another process's by now.
    if (stopped) return
    const settled = ledger.settle(transactionHash)
    await journal.sync()
    options.onSettled(settled)
  }

  async function settleUpTo(sequence: bigint): Promise<void> {
    const reached = () => {
      const oldest = ledger.batch?.built.first ?? ledger.pending[0]?.inference.sequence
      return oldest === undefined || oldest > sequence
    }
    while (!reached() && !stopped) await settleOne()
  }

  /** One run at a time: a second caller waits for the run under way, and then looks again. */
  async function run(): Promise<void> {
    while (running) await running.catch(() => undefined)
    const last = ledger.pending[ledger.pending.length - 1]?.inference.sequence
    const target = last ?? ledger.batch?.built.first
    if (target === undefined) return
    running = settleUpTo(target).finally(() => (running = undefined))
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
        if (ledger.pending.length > 0 || ledger.batch) schedule()
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
      if (failures === 0 && ledger.pending.length >= maxExportBatchSize && !running) {
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
