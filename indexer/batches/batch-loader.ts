import { fileStore, type ReadableBatchStore } from '@assay/sdk/stores'
import type { Hex } from 'viem'
import { problemOfData } from './check-data.ts'
import { createLoadThread, type LoadSettings } from './load-thread.ts'
import { createSchedule } from './schedule.ts'
import { type BatchOutcome, keyOf, type WantedBatch } from './wanted-batch.ts'

/** What became of a batch, until its rows say so. */
export type LoadedBatch = { batch: WantedBatch; outcome: BatchOutcome }

/** Loads the data of external batches beside the events of the chain. */
export type BatchLoader = {
  store: ReadableBatchStore
  /**
   * Loads a batch, unless it is being loaded or there is an outcome that nobody took.
   *
   * @param tries - How often that failed before, as far as is known: it waits then. Default: 0.
   */
  want(batch: WantedBatch, tries?: number): void
  /** Loads at once what waits to be tried again: its data has come. */
  hurry(batch: WantedBatch): void
  /** What became of batches of a chain, the smallest first. */
  outcomes(chainId: number): LoadedBatch[]
  /** An outcome was taken, or its settlement is gone. */
  forget(batch: Pick<WantedBatch, 'logId' | 'root'>): void
  /**
   * Data that is here already and gives the batch's root.
   *
   * @param maxCount - Of a batch with more inferences nothing is looked at: hashing them takes a microsecond each.
   */
  atHand(batch: Omit<WantedBatch, 'owner'>, maxCount: number): Promise<Uint8Array | undefined>
  /**
   * Loads a batch and waits for it, a little: for who reads the past, where rows cost a tenth of what they cost later. An owner who let us
   * wait in vain is not waited for again, and nobody is once that came to too much in all.
   *
   * @returns Undefined: it is loaded beside, as what is wanted.
   */
  arrival(batch: WantedBatch): Promise<Uint8Array | undefined>
  /** Data of a batch that was found available; undefined: it is gone. */
  dataOf(batch: WantedBatch): Promise<Uint8Array | undefined>
  stop(): Promise<void>
}

/** Each may hold as much data as one batch may have. */
const slots = 24
/** Of one owner, whose hosts may all hang. */
const slotsOfGroup = 4
/** Who is slow at first gets more time when its turn comes again. */
const timeoutMillis = { first: 10_000, again: 60_000 }
const maxWanted = 100_000
/** With so many failures it is said to be unavailable, and tried on. */
const toldAfter = 3
/** How long is waited for one batch, in vain for all, and in vain without being held against its owner. */
const patience = { millis: 2_000, inAllMillis: 30_000, forgivenMillis: 200 }
const neverPass = new Set(['not-allowed', 'too-large'])

const groupOf = ({ owner, logId }: WantedBatch): string => owner ?? logId

/** @param pauses - Of what failed. Default: 1 s, four times as long each time, to 6 hours; twelve times. */
export function createBatchLoader(
  settings: LoadSettings,
  pauses: { firstPauseMillis?: number; maxPauseMillis?: number; maxTries?: number } = {},
): BatchLoader {
  const store = fileStore({ directory: settings.directory })
  const thread = createLoadThread(settings)
  const wanted = new Map<string, WantedBatch>()
  const outcomes = new Map<string, LoadedBatch>()
  /** Told when a batch was tried. */
  const waiting = new Map<string, () => void>()
  const notWaitedFor = new Set<string>()
  let waitedInVain = 0
  let stopped = false
  const schedule = createSchedule({
    ...{
      slots,
      slotsOfGroup,
      firstPauseMillis: 1_000,
      maxPauseMillis: 6 * 3_600_000,
      maxTries: 12,
    },
    ...pauses,
    maxEntries: maxWanted,
    onDue: () => queueMicrotask(work),
  })

  function work(): void {
    for (;;) {
      const next = stopped ? undefined : schedule.next()
      if (!next) return
      void load(next.key, wanted.get(next.key)!, next.tries === 0 ? 'first' : 'again')
    }
  }

  async function load(key: string, batch: WantedBatch, which: 'first' | 'again'): Promise<void> {
    const outcome = await thread.load(batch, timeoutMillis[which])
    if (outcome.state !== 'unavailable' || neverPass.has(outcome.problem)) {
      schedule.done(key)
      wanted.delete(key)
      outcomes.set(key, { batch, outcome })
    } else {
      const { tries, dropped } = schedule.failed(key)
      if (dropped) wanted.delete(key)
      if (tries >= toldAfter) outcomes.set(key, { batch, outcome })
    }
    waiting.get(key)?.()
    work()
  }

  function want(batch: WantedBatch, tries = 0): void {
    const key = keyOf(batch)
    if (outcomes.has(key) || schedule.has(key)) return
    wanted.set(key, batch)
    if (!schedule.add(key, groupOf(batch), tries)) wanted.delete(key)
  }

  async function arrival(batch: WantedBatch): Promise<Uint8Array | undefined> {
    const key = keyOf(batch)
    const group = groupOf(batch)
    want(batch)
    if (notWaitedFor.has(group) || waitedInVain > patience.inAllMillis) return undefined
    const began = performance.now()
    if (!outcomes.has(key)) {
      let timer: ReturnType<typeof setTimeout> | undefined
      await new Promise<void>((resolve) => {
        waiting.set(key, resolve)
        timer = setTimeout(resolve, patience.millis)
      })
      waiting.delete(key)
      clearTimeout(timer)
    }
    if (outcomes.get(key)?.outcome.state === 'available') {
      const data = await read(batch.dataDigest)
      if (data) outcomes.delete(key)
      return data
    }
    const waited = performance.now() - began
    waitedInVain += waited
    if (waited > patience.forgivenMillis) notWaitedFor.add(group)
    return undefined
  }

  /** What is read last, which a giant's slices are taken from one after the other. */
  let lastRead: { digest: Hex; data: Uint8Array } | undefined

  /** What can't be read counts as not there: loading it mends it. */
  async function read(digest: Hex): Promise<Uint8Array | undefined> {
    if (lastRead?.digest === digest) return lastRead.data
    const data = await store.get(digest, { maxBytes: settings.maxBytes }).catch(() => undefined)
    if (data) lastRead = { digest, data }
    return data
  }

  return {
    store,
    want,
    hurry(batch) {
      const key = keyOf(batch)
      // What was said of it was said before its data came.
      if (outcomes.get(key)?.outcome.state === 'unavailable') outcomes.delete(key)
      want(batch)
      schedule.hurry(key)
    },
    outcomes: (chainId) =>
      [...outcomes.values()]
        .filter(({ batch }) => batch.chainId === chainId)
        .sort((a, b) => Number(a.batch.count - b.batch.count)),
    forget(batch) {
      const key = keyOf(batch)
      // Room for as much as a batch may have.
      if (outcomes.get(key)?.batch.dataDigest === lastRead?.digest) lastRead = undefined
      outcomes.delete(key)
    },
    async atHand(batch, maxCount) {
      if (batch.count > BigInt(maxCount)) return undefined
      const data = await read(batch.dataDigest)
      return data && !problemOfData(batch, data) ? data : undefined
    },
    arrival,
    dataOf: (batch) => read(batch.dataDigest),
    async stop() {
      stopped = true
      schedule.stop()
      await thread.stop()
    },
  }
}
