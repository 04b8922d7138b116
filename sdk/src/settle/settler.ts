import type { LocalAccount } from 'viem'
import { BatchForkError, BatchGapError } from '../errors/settlement.ts'
import { batchTypedData, type BuiltBatch } from '../formats/batch.ts'
import type { InferenceRecord, OpenJournal } from '../journal/journal.ts'
import type { Ledger, LedgerBatch } from '../record/ledger.ts'
import type { BatchStore } from '../stores/batch-store.ts'
import { chooseMode, type ModeChoice, type SettlementMode } from './batch-mode.ts'
import { createBring } from './bring.ts'
import { createClockCheck } from './clock-check.ts'
import { createKeyCheck } from './key-check.ts'
import type { Submit } from './submit.ts'

export type SettlerOptions = {
  ledger: Ledger
  journal: OpenJournal
  submit: Submit
  /** The session key. */
  account: LocalAccount
  mode: SettlementMode
  /** Where the data of external batches goes. */
  store: BatchStore | undefined
  /** What a batch may cost inline, in wei, before `auto` settles it external. */
  maxInlineFee: bigint
  /** Inferences a batch at most. */
  maxExportBatchSize: number
  /** How long an inference waits for others to share its batch, in ms. */
  scheduledDelayMillis: number
  /** Called after each batch. Must not throw. */
  onSettled(batch: { first: bigint; count: number }): void
  /** Called when it is certain that somebody else settles in this log; nothing more is settled then. Must not throw. */
  onStolen(): void
  /** Told how a batch will be settled, and why. Must not throw. */
  onMode(choice: ModeChoice): void
  onError(error: unknown): void
}

/** Settles what a ledger holds, batch after batch, with nobody present. */
export type Settler = {
  /** To be called when the journal has got new inferences. */
  notify(): void
  /** Settles everything that the journal holds now. Rejects with what stops it; it is tried again later all the same. */
  flush(): Promise<void>
  /** Looks which settled batches are gone from the chain, and settles them again. Rejects with what stops it. */
  restore(): Promise<void>
  /** Ends it. A batch that is under way is found settled, or settled, by the next run. */
  stop(): void
}

const maxBackOffMillis = 60_000

export function createSettler(options: SettlerOptions): Settler {
  const { ledger, journal, submit, account, maxExportBatchSize, scheduledDelayMillis } = options
  const { state } = journal
  const onError = (error: unknown) => options.onError(error)
  const checkClock = createClockCheck(submit, onError)
  const checkKey = createKeyCheck(submit, ledger.place, onError)
  const bring = createBring({ place: ledger.place, submit, store: options.store, onError })
  const { chainId, inferenceLog } = ledger.place
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  /** On chain, and not known to be in the journal yet. */
  let landed: { first: bigint; count: number } | undefined
  let failures = 0
  // In a log that somebody else settles in there is nothing to do.
  let stopped = state.stolen !== undefined
  // As a call, since it changes while something is waited for, which the compiler doesn't see.
  const isStopped = () => stopped

  /** Says that a batch is settled, once the journal holds it: it may have been written by others who write to it. */
  function tell(): void {
    if (!landed || state.settled < landed.first + BigInt(landed.count)) return
    const batch = landed
    landed = undefined
    options.onSettled(batch)
  }

  const plan = async (mode: SettlementMode, records: readonly InferenceRecord[]) => {
    const choice = await chooseMode(records, {
      ...options,
      mode,
      hasStore: options.store !== undefined,
      // What gas costs decides nothing that could not be decided otherwise.
      gasPrice: async () => submit.gasPrice?.().catch(() => undefined),
    })
    options.onMode(choice)
    return choice
  }

  const sign = (built: BuiltBatch) =>
    account.signTypedData(batchTypedData(built, chainId, inferenceLog))

  async function seal(): Promise<LedgerBatch> {
    const { mode } = options
    let failure: { error: unknown } | undefined
    try {
      return await ledger.seal(
        maxExportBatchSize,
        (records) => plan(mode, records),
        async (built) => {
          // First the data, then the signature: until then it can still be settled inline.
          await bring.keep(built).catch((error: unknown) => {
            failure = { error }
            throw error
          })
          return sign(built)
        },
      )
    } catch (error) {
      if (mode !== 'auto' || failure?.error !== error) throw error
      options.onError(error)
      return ledger.seal(maxExportBatchSize, (records) => plan('inline', records), sign)
    }
  }

  async function settleOne(): Promise<void> {
    const batch = (await ledger.openBatch()) ?? (await seal())
    // A signed batch is never built anew: two signatures for one place would look like fraud.
    await journal.sync()
    const { built } = batch
    const { first, count } = built
    if (landed?.first !== first) {
      const { transactionHash, uri } = await bring.settle(batch)
      // The journal may be another process's by now.
      if (isStopped()) return
      journal.addSettled({ first, transactionHash, uri })
      if (state.failed) journal.addProgress({ failed: null })
      landed = { first, count }
      checkClock(
        { place: ledger.place, root: built.root },
        batch.records.map((it) => it.servedAt),
      )
      checkKey()
    }
    await journal.sync()
    tell()
  }

  /** @throws StolenLogError if it is final that another batch stands where the next one would begin. */
  async function lookForThief(error: BatchForkError): Promise<void> {
    const { theftOf } = await import('./theft.ts')
    const theft = await theftOf({ ledger, submit, next: state.next, cause: error })
    if (!theft || isStopped()) return
    journal.addProgress({ stolen: theft.first })
    await journal.sync()
    if (isStopped()) return
    stopped = true
    options.onStolen()
    throw theft.error
  }

  /** Settles again what is gone from the chain. @returns Whether something was. */
  async function restore(): Promise<boolean> {
    // Few chains ever take something back, and few programs live to see it.
    const { restoreDropped } = await import('./restore-dropped.ts')
    const dropped = await restoreDropped({ ledger, journal, submit, bring })
    if (dropped) options.onError(dropped)
    return dropped !== undefined
  }

  async function settleUpTo(sequence: bigint): Promise<void> {
    while (state.settled < sequence && !stopped) {
      try {
        await settleOne()
      } catch (error) {
        if (error instanceof BatchForkError) await lookForThief(error)
        // What comes before it is missing: a reorganization took it back.
        if (!(error instanceof BatchGapError) || !(await restore())) throw error
      }
    }
  }

  /** One at a time: two batches on their way at once would only be refused. */
  async function inTurn(work: () => Promise<unknown>): Promise<void> {
    while (running) await running.catch(() => undefined)
    running = work().then(
      () => (running = undefined),
      (error: unknown) => {
        running = undefined
        throw error
      },
    )
    return running
  }

  /** For who looks at the journal from outside. */
  async function note(failure: unknown): Promise<void> {
    // Name and message, without what may be done about it.
    const error = String(failure).split('\n', 1).join('').slice(0, 300)
    if (isStopped() || state.failed?.error === error) return
    journal.addProgress({ failed: { since: Date.now(), error } })
    await journal.sync()
  }

  /** A second caller waits for the run under way, and then looks again. */
  const run = () =>
    inTurn(async () => {
      tell()
      if (state.settled >= state.next) return
      await settleUpTo(state.next).catch((error: unknown) => {
        note(error).catch(() => undefined)
        throw error
      })
    })

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
    restore: () => inTurn(restore),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
